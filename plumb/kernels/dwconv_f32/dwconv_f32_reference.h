// What the kernels of this family compute: the definition, in plain loops.
#pragma once

#include <cmath>

#include "plumb/kernels/dwconv_f32/dwconv_f32.h"

namespace plumb::kernels {

// w [channels][kernel_h][kernel_w]
inline void DwConvF32Reference(const DwConvF32Shape& s, const float* x, const float* w,
                               const float* bias, float* y) {
  for (int64_t row = 0; row < s.batch * s.out_h * s.out_w; ++row) {
    const int64_t ox = row % s.out_w, oy = row / s.out_w % s.out_h, n = row / (s.out_w * s.out_h);
    for (int64_t c = 0; c < s.channels; ++c) {
      float acc = 0.0f;
      for (int64_t tap = 0; tap < s.taps(); ++tap) {
        const int64_t iy = oy * s.stride_h - s.pad_top + tap / s.kernel_w * s.dilation_h;
        const int64_t ix = ox * s.stride_w - s.pad_left + tap % s.kernel_w * s.dilation_w;
        const bool inside = iy >= 0 && iy < s.in_h && ix >= 0 && ix < s.in_w;
        const float value = inside ? x[((n * s.in_h + iy) * s.in_w + ix) * s.channels + c] : 0.0f;
        acc = std::fma(value, w[c * s.taps() + tap], acc);
      }
      y[row * s.channels + c] = bias != nullptr ? acc + bias[c] : acc;
    }
  }
}

}  // namespace plumb::kernels
