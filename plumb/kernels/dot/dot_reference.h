// The definition of the dense product, in plain loops. dot_test.cc holds every kernel to it.
#pragma once

#include "plumb/kernels/dot/dot.h"

namespace plumb::kernels {

inline int32_t DotReferenceSum(const DotLayer& layer, const int8_t* x, int64_t n, int64_t oy,
                               int64_t ox, int64_t c) {
  const DotGeometry& g = layer.geometry;
  const int64_t pitch = layer.x_pitch != 0 ? layer.x_pitch : g.in_channels;
  const int64_t depth = g.in_channels / g.groups;
  const int64_t first = c / (g.out_channels / g.groups) * depth;
  int64_t acc = layer.bias != nullptr ? layer.bias[c] : 0;
  for (int64_t ky = 0; ky < g.kernel_height; ++ky) {
    for (int64_t kx = 0; kx < g.kernel_width; ++kx) {
      const int64_t iy = oy * g.stride_height - g.pad_top + ky * g.dilation_height;
      const int64_t ix = ox * g.stride_width - g.pad_left + kx * g.dilation_width;
      if (iy < 0 || iy >= g.in_height || ix < 0 || ix >= g.in_width) {
        continue;
      }
      const int8_t* pixel = x + ((n * g.in_height + iy) * g.in_width + ix) * pitch + first;
      const int8_t* w = layer.weights + ((c * g.kernel_height + ky) * g.kernel_width + kx) * depth;
      for (int64_t i = 0; i < depth; ++i) {
        acc += (pixel[i] - layer.x_zero_point[first + i]) * w[i];
      }
    }
  }
  return static_cast<int32_t>(acc);
}

inline void DotReference(const DotLayer& layer, const int8_t* x, void* y,
                         const int8_t* residual = nullptr) {
  const DotGeometry& g = layer.geometry;
  const int64_t picture = g.out_height * g.out_width;
  const int64_t y_pitch = layer.y_pitch != 0 ? layer.y_pitch : g.out_channels;
  const int64_t residual_pitch = layer.residual_pitch != 0 ? layer.residual_pitch : g.out_channels;
  for (int64_t pixel = 0; pixel < DotPixels(g); ++pixel) {
    for (int64_t c = 0; c < g.out_channels; ++c) {
      const int64_t i = layer.y_order == DotOrder::kPixelMajor
                            ? pixel * y_pitch + c
                            : (pixel / picture * g.out_channels + c) * picture + pixel % picture;
      const int32_t acc = DotReferenceSum(
          layer, x, pixel / picture, pixel / g.out_width % g.out_height, pixel % g.out_width, c);
      LayerEndReference(layer.end, acc, c, y, i,
                        residual != nullptr ? residual[pixel * residual_pitch + c] : int8_t{0});
    }
  }
}

}  // namespace plumb::kernels
