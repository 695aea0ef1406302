// The row kernel over a vector type. Included by kernel files only: each instantiates it with a
// type of its own.
#pragma once

#include "plumb/kernels/elementwise/elementwise_s8.h"
#include "plumb/numerics/simd_s8.h"

namespace plumb::kernels {

template <typename V, typename F>
inline void ElementwiseS8Loop(const ElementwiseS8Params& p, const ElementwiseS8Row& row, F f) {
  using Bytes = numerics::S8<V>;
  using I = typename V::Int;
  const V low = V::Set(static_cast<float>(p.lo - p.y_zero_point));
  const V high = V::Set(static_cast<float>(p.hi - p.y_zero_point));
  const I zero = I::Set(p.y_zero_point);
  for (int64_t i = 0; i < row.n; i += V::kLanes) {
    const int n = static_cast<int>(row.n - i < V::kLanes ? row.n - i : V::kLanes);
    const I a = row.a_step != 0 ? Bytes::Load(row.a + i, n) : I::Set(*row.a);
    const I b = row.b_step != 0 ? Bytes::Load(row.b + i, n) : I::Set(*row.b);
    const V fa = ToFloat(a - I::Set(p.a_zero_point));
    const V fb = ToFloat(b - I::Set(p.b_zero_point));
    Bytes::Store(numerics::ClampRoundLanes<V>(f(fa, fb), low, high, zero), row.y + i, n);
  }
}

template <typename V>
inline void ElementwiseS8Rows(const ElementwiseS8Params& p, const ElementwiseS8Row& row) {
  const V ma = V::Set(p.a_multiplier);
  const V mb = V::Set(p.b_multiplier);
  switch (p.op) {
    case ElementwiseS8Op::kAdd:
      ElementwiseS8Loop<V>(p, row, [=](V a, V b) { return a * ma + b * mb; });
      break;
    case ElementwiseS8Op::kSub:
      ElementwiseS8Loop<V>(p, row, [=](V a, V b) { return a * ma - b * mb; });
      break;
    case ElementwiseS8Op::kMul:
      // The product of two numbers of 9 bits is exact in binary32.
      ElementwiseS8Loop<V>(p, row, [=](V a, V b) { return (a * b) * ma; });
      break;
  }
}

}  // namespace plumb::kernels
