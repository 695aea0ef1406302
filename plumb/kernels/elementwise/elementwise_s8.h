// Sum, difference and product of two 8-bit tensors, each on a grid of its own.
//
//   add, sub:  t = (a - z_a) * m_a  +-  (b - z_b) * m_b       m_a = s_a / s_y, m_b = s_b / s_y
//   mul:       t = float((a - z_a) * (b - z_b)) * m_a         m_a = (s_a * s_b) / s_y
//   y = ClampRound(t, lo, hi, z_y)
//
// in binary32, each operation rounded, in that order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/thread_pool.h"
#include "plumb/kernels/common/nest.h"

namespace plumb::kernels {

enum class ElementwiseS8Op { kAdd, kSub, kMul };

struct ElementwiseS8Params {
  ElementwiseS8Op op = ElementwiseS8Op::kAdd;
  int32_t a_zero_point = 0, b_zero_point = 0, y_zero_point = 0;
  float a_multiplier = 1.0f;  // m_a
  float b_multiplier = 1.0f;  // m_b; not used by mul
  int32_t lo = -128, hi = 127;
};

// n outputs; an operand moves by its step, 0 or 1, from output to output.
struct ElementwiseS8Row {
  const int8_t* a;
  const int8_t* b;
  int8_t* y;
  int64_t n;
  int64_t a_step, b_step;
};

struct ElementwiseS8Kernel {
  const char* name;
  Isa isa;
  void (*run)(const ElementwiseS8Params& params, const ElementwiseS8Row& row);
};

#define PLUMB_ELEMENTWISE_S8(kernel) extern const ElementwiseS8Kernel kernel;
#include "plumb/kernels/elementwise/elementwise_s8_kernels.inc"
#undef PLUMB_ELEMENTWISE_S8

// Every kernel this machine can run, fastest first; the fastest that needs no more than `isa`.
[[nodiscard]] std::vector<const ElementwiseS8Kernel*> ElementwiseS8Kernels();
[[nodiscard]] const ElementwiseS8Kernel& SelectElementwiseS8(Isa isa);

// The definition, for one output.
[[nodiscard]] int8_t ElementwiseS8Reference(const ElementwiseS8Params& params, int8_t a, int8_t b);

// Operand 0 is y, 1 and 2 are a and b, as numpy broadcasts. Requires BroadcastsTo(a_shape,
// y_shape), the same for b, ranks <= kMaxTensorRank.
[[nodiscard]] Nest<3> ElementwiseS8Nest(std::span<const int64_t> a_shape,
                                        std::span<const int64_t> b_shape,
                                        std::span<const int64_t> y_shape);
void ElementwiseS8(const ElementwiseS8Kernel& kernel, const ElementwiseS8Params& params,
                   const Nest<3>& nest, const int8_t* a, const int8_t* b, int8_t* y,
                   ThreadPool& pool);

}  // namespace plumb::kernels
