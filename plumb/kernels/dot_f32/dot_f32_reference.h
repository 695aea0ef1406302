// What the kernels of this family compute: the definition, in plain loops.
#pragma once

#include <cmath>

#include "plumb/kernels/dot_f32/conv_f32.h"

namespace plumb::kernels {

// c[row][column] = chain over k, then + bias. a [rows][k], b [columns][k], bias [columns] or null,
// c [rows][columns].
inline void DotF32Reference(const float* a, const float* b, const float* bias, int64_t rows,
                            int64_t columns, int64_t k, float* c) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t o = 0; o < columns; ++o) {
      float acc = 0.0f;
      for (int64_t i = 0; i < k; ++i) {
        acc = std::fma(a[r * k + i], b[o * k + i], acc);
      }
      c[r * columns + o] = bias != nullptr ? acc + bias[o] : acc;
    }
  }
}

// x [batch][in_h][in_w][in_channels], w [out_channels][kernel_h][kernel_w][in_channels / groups],
// y [batch][out_h][out_w][out_channels].
inline void ConvF32Reference(const ConvF32Shape& s, const float* x, const float* w,
                             const float* bias, float* y) {
  const int64_t depth = s.in_channels / s.groups;
  const int64_t group_columns = s.out_channels / s.groups;
  for (int64_t row = 0; row < s.rows(); ++row) {
    const int64_t ox = row % s.out_w, oy = row / s.out_w % s.out_h, n = row / (s.out_w * s.out_h);
    for (int64_t o = 0; o < s.out_channels; ++o) {
      float acc = 0.0f;
      const float* weight = w + o * s.k();
      for (int64_t kh = 0; kh < s.kernel_h; ++kh) {
        for (int64_t kw = 0; kw < s.kernel_w; ++kw) {
          const int64_t iy = oy * s.stride_h - s.pad_top + kh * s.dilation_h;
          const int64_t ix = ox * s.stride_w - s.pad_left + kw * s.dilation_w;
          const bool inside = iy >= 0 && iy < s.in_h && ix >= 0 && ix < s.in_w;
          for (int64_t c = 0; c < depth; ++c) {
            const int64_t channel = o / group_columns * depth + c;
            const float value =
                inside ? x[((n * s.in_h + iy) * s.in_w + ix) * s.in_channels + channel] : 0.0f;
            acc = std::fma(value, *weight++, acc);
          }
        }
      }
      y[row * s.out_channels + o] = bias != nullptr ? acc + bias[o] : acc;
    }
  }
}

}  // namespace plumb::kernels
