// The s16 kernels over a vector type. Included by kernel files only: each instantiates them with a
// type of its own.
#pragma once

#include "plumb/kernels/quantize/quantize.h"
#include "plumb/numerics/simd_s16.h"
#include "plumb/numerics/simd_s8.h"

namespace plumb::kernels {

template <typename V>
struct QuantizeS16Rows {
  using I = typename V::Int;
  using Wide = numerics::S8<V>;
  using Words = numerics::S16<V>;

  static V LoadScale(const QuantizeRun& run, int64_t i, int n) {
    return run.grid_step != 0 ? V::LoadPart(run.scale + i, n) : V::Set(*run.scale);
  }
  static I LoadZero(const QuantizeRun& run, int64_t i, int n) {
    return run.grid_step != 0 ? Wide::LoadWide(run.zero_point + i, n) : I::Set(*run.zero_point);
  }

  static void Quantize(const QuantizeRun& run, const float* x, int16_t* q) {
    for (int64_t i = 0; i < run.n; i += V::kLanes) {
      const int n = static_cast<int>(run.n - i < V::kLanes ? run.n - i : V::kLanes);
      const I zero = LoadZero(run, i, n);
      const V scaled = V::LoadPart(x + i, n) / LoadScale(run, i, n);
      const V number = Select(scaled == scaled, scaled, V::Set(0.0f));  // NaN gives the zero point
      const V low = ToFloat(I::Set(-32768) - zero);
      const V high = ToFloat(I::Set(32767) - zero);
      Words::Store(numerics::ClampRoundLanes<V>(number, low, high, zero), q + i, n);
    }
  }

  static void Dequantize(const QuantizeRun& run, const int16_t* q, float* x) {
    for (int64_t i = 0; i < run.n; i += V::kLanes) {
      const int n = static_cast<int>(run.n - i < V::kLanes ? run.n - i : V::kLanes);
      const V steps = ToFloat(Words::Load(q + i, n) - LoadZero(run, i, n));
      (steps * LoadScale(run, i, n)).StorePart(x + i, n);
    }
  }
};

}  // namespace plumb::kernels
