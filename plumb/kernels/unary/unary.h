// Functions of one element: y[i] = f(x[i]).
//
// The binary32 ones are rows of unary_f32.inc, written over the vector types of numerics/: the same
// bits on every ISA. The definition is the row's expression for one lane. In place (out == in) is
// allowed.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "plumb/base/cpu.h"
#include "plumb/base/dtype.h"

namespace plumb::kernels {

struct UnaryF32 {
  const char* name;
  // Names of the parameters, separated by blanks, in the order that apply wants them: "alpha beta".
  const char* parameters;
  void (*apply)(const float* in, float* out, int64_t n, const float* parameters);
};

// All functions, for the fastest instruction set that is at most `isa` and that this CPU has.
[[nodiscard]] std::span<const UnaryF32> UnaryF32Functions(Isa isa);
[[nodiscard]] const UnaryF32* FindUnaryF32(std::string_view name,
                                           Isa isa);  // null: no such function

// Other element types. `bounds` holds the least and the largest value of clip (clamped to the
// type), null elsewhere.
struct UnaryOther {
  const char* name;
  DType in;
  DType out;
  void (*apply)(const void* in, void* out, int64_t n, const int64_t* bounds);
};

// neg abs sign relu clip bitwise_not of integers (wrapping), not of bool, isnan, isinf,
// isinf_positive and isinf_negative of f32 to bool.
[[nodiscard]] std::span<const UnaryOther> UnaryOtherFunctions();
[[nodiscard]] const UnaryOther* FindUnaryOther(std::string_view name, DType in);

}  // namespace plumb::kernels
