// The kernel over the vector types of numerics/simd.h. Included by kernel files only: each
// instantiates it with a type of its own.
#pragma once

#include "plumb/kernels/dwconv_f32/dwconv_f32.h"

namespace plumb::kernels {

// kPixels pixels from pixel `first` on, `lanes` channels from channel c on: one weight load serves
// kPixels chains.
template <typename V, int kPixels>
inline void DwConvF32Pixels(const DwConvF32Run& r, int64_t first, int64_t c, int lanes) {
  const bool whole = lanes == V::kLanes;
  V acc[kPixels];
  for (int p = 0; p < kPixels; ++p) {
    acc[p] = V::Set(0.0f);
  }
  for (int64_t t = 0; t < r.taps; ++t) {
    const float* weight = r.weights + t * r.channels + c;
    const float* in = r.in[t] + first * r.step[t] + c;
    const int64_t step = r.step[t];
    if (whole) {
      const V w = V::Load(weight);
      for (int p = 0; p < kPixels; ++p) {
        acc[p] = Fma(V::Load(in + p * step), w, acc[p]);
      }
    } else {
      const V w = V::LoadPart(weight, lanes);
      for (int p = 0; p < kPixels; ++p) {
        acc[p] = Fma(V::LoadPart(in + p * step, lanes), w, acc[p]);
      }
    }
  }
  for (int p = 0; p < kPixels; ++p) {
    V y = acc[p];
    if (r.bias != nullptr) {
      y = y + (whole ? V::Load(r.bias + c) : V::LoadPart(r.bias + c, lanes));
    }
    float* out = r.out + (first + p) * r.channels + c;
    if (whole) {
      y.Store(out);
    } else {
      y.StorePart(out, lanes);
    }
  }
}

template <typename V, int kPixels>
inline void DwConvF32AllPixels(const DwConvF32Run& r) {
  const int64_t whole = r.channels / V::kLanes * V::kLanes;
  const int rest = static_cast<int>(r.channels - whole);
  int64_t first = 0;
  for (; first + kPixels <= r.pixels; first += kPixels) {
    for (int64_t c = 0; c < whole; c += V::kLanes) {
      DwConvF32Pixels<V, kPixels>(r, first, c, V::kLanes);
    }
    if (rest > 0) {
      DwConvF32Pixels<V, kPixels>(r, first, whole, rest);
    }
  }
  for (; first < r.pixels; ++first) {
    for (int64_t c = 0; c < whole; c += V::kLanes) {
      DwConvF32Pixels<V, 1>(r, first, c, V::kLanes);
    }
    if (rest > 0) {
      DwConvF32Pixels<V, 1>(r, first, whole, rest);
    }
  }
}

}  // namespace plumb::kernels
