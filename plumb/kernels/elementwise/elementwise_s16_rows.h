// The row kernel over a vector type. Included by kernel files only: each instantiates it with a
// type of its own.
#pragma once

#include "plumb/kernels/elementwise/elementwise_s16.h"
#include "plumb/numerics/simd_s16.h"

namespace plumb::kernels {

template <typename V, typename F>
inline void ElementwiseS16Loop(const ElementwiseS16Params& p, const ElementwiseS16Row& row, F f) {
  using Words = numerics::S16<V>;
  using I = typename V::Int;
  const V low = V::Set(static_cast<float>(p.lo));
  const V high = V::Set(static_cast<float>(p.hi));
  for (int64_t i = 0; i < row.n; i += V::kLanes) {
    const int n = static_cast<int>(row.n - i < V::kLanes ? row.n - i : V::kLanes);
    const I a = row.a_step != 0 ? Words::Load(row.a + i, n) : I::Set(*row.a);
    const I b = row.b_step != 0 ? Words::Load(row.b + i, n) : I::Set(*row.b);
    const V t = f(ToFloat(a), ToFloat(b));
    Words::Store(ToInt(RoundEven(Min(Max(t, low), high))), row.y + i, n);
  }
}

template <typename V>
inline void ElementwiseS16Rows(const ElementwiseS16Params& p, const ElementwiseS16Row& row) {
  const V ma = V::Set(p.a_multiplier);
  const V mb = V::Set(p.b_multiplier);
  switch (p.op) {
    case ElementwiseS16Op::kAdd:
      ElementwiseS16Loop<V>(p, row, [=](V a, V b) { return a * ma + b * mb; });
      break;
    case ElementwiseS16Op::kSub:
      ElementwiseS16Loop<V>(p, row, [=](V a, V b) { return a * ma - b * mb; });
      break;
    case ElementwiseS16Op::kMul:
      // One rounding of the product of two exact numbers is what converting the exact product is.
      ElementwiseS16Loop<V>(p, row, [=](V a, V b) { return (a * b) * ma; });
      break;
  }
}

}  // namespace plumb::kernels
