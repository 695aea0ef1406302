// From exact sums to outputs, over a vector type. Included by kernel files only: each instantiates
// it with a type of its own.
#pragma once

#include "plumb/numerics/simd_s16.h"

namespace plumb::kernels {

template <typename V>
struct ConvS16Ends {
  using I = typename V::Int;

  static void Requantize(const double* acc, const float* m, int64_t n, int32_t lo, int32_t hi,
                         int16_t* y) {
    const V low = V::Set(static_cast<float>(lo)), high = V::Set(static_cast<float>(hi));
    for (int64_t i = 0; i < n; i += V::kLanes) {
      const int part = static_cast<int>(n - i < V::kLanes ? n - i : V::kLanes);
      float sums[V::kLanes] = {};
      if (part == V::kLanes) {  // a fixed count: in vectors
        for (int lane = 0; lane < V::kLanes; ++lane) {
          sums[lane] = static_cast<float>(acc[i + lane]);
        }
      } else {
        for (int lane = 0; lane < part; ++lane) {
          sums[lane] = static_cast<float>(acc[i + lane]);
        }
      }
      const V t = V::Load(sums) * V::LoadPart(m + i, part);
      numerics::S16<V>::Store(ToInt(RoundEven(Min(Max(t, low), high))), y + i, part);
    }
  }

  static void Scale(const double* acc, const float* m, int64_t n, float* real) {
    for (int64_t i = 0; i < n; ++i) {
      real[i] = static_cast<float>(acc[i]) * m[i];
    }
  }

  static void Quantize(const float* real, int64_t n, float scale, int16_t* y) {
    const V low = V::Set(-32768.0f), high = V::Set(32767.0f);
    const V divisor = V::Set(scale);
    for (int64_t i = 0; i < n; i += V::kLanes) {
      const int part = static_cast<int>(n - i < V::kLanes ? n - i : V::kLanes);
      const V scaled = V::LoadPart(real + i, part) / divisor;
      const V number = Select(scaled == scaled, scaled, V::Set(0.0f));  // NaN: the zero point
      numerics::S16<V>::Store(ToInt(RoundEven(Min(Max(number, low), high))), y + i, part);
    }
  }
};

}  // namespace plumb::kernels
