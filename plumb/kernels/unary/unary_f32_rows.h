// The rows of unary_f32.inc for one vector type. Included by kernel files only: each instantiates
// it with a type of its own.
#pragma once

#include "plumb/kernels/unary/unary.h"
#include "plumb/numerics/elementary.h"

namespace plumb::kernels {

// NaN stays NaN, unlike Max and Min.
template <typename V>
inline V AtLeast(V x, V low) {
  return Select(x < low, low, x);
}
template <typename V>
inline V AtMost(V x, V high) {
  return Select(x > high, high, x);
}

template <typename V, typename F>
inline void UnaryLoop(const float* in, float* out, int64_t n, F f) {
  int64_t i = 0;
  for (; i + V::kLanes <= n; i += V::kLanes) {
    f(V::Load(in + i)).Store(out + i);
  }
  if (i < n) {
    const int part = static_cast<int>(n - i);
    f(V::LoadPart(in + i, part)).StorePart(out + i, part);
  }
}

template <typename V>
struct UnaryF32Rows {
#define PLUMB_UNARY_F32(name, parameters, expression)              \
  static void Apply_##name(const float* in, float* out, int64_t n, \
                           [[maybe_unused]] const float* p) {      \
    using namespace numerics;                                      \
    UnaryLoop<V>(in, out, n, [=](V x) { return expression; });     \
  }
#include "plumb/kernels/unary/unary_f32.inc"
#undef PLUMB_UNARY_F32

  static constexpr UnaryF32 kRows[] = {
#define PLUMB_UNARY_F32(name, parameters, expression) {#name, parameters, Apply_##name},
#include "plumb/kernels/unary/unary_f32.inc"
#undef PLUMB_UNARY_F32
  };
};

// Where the rows of an instruction set begin; each kernel file defines one. All have as many as the
// scalar one.
#define PLUMB_UNARY(function, isa) const UnaryF32* function();
#include "plumb/kernels/unary/unary_kernels.inc"
#undef PLUMB_UNARY

}  // namespace plumb::kernels
