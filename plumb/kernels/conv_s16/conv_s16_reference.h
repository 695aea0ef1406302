// The definition of the 16-bit convolution, in plain loops.
#pragma once

#include "plumb/kernels/conv_s16/conv_s16.h"
#include "plumb/numerics/requantize.h"

namespace plumb::kernels {

inline int64_t ConvS16ReferenceSum(const ConvS16Layer& layer, const int16_t* x, int64_t n,
                                   int64_t oy, int64_t ox, int64_t c) {
  const ConvS16Geometry& g = layer.geometry;
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
      const int16_t* pixel = x + ((n * g.in_height + iy) * g.in_width + ix) * g.in_channels + first;
      const int16_t* w = layer.weights + ((c * g.kernel_height + ky) * g.kernel_width + kx) * depth;
      for (int64_t i = 0; i < depth; ++i) {
        acc += int64_t{pixel[i]} * w[i];
      }
    }
  }
  return acc;
}

// The definition of every end, for one sum of channel c: writes element `i` of y.
inline void EndS16Reference(const ConvS16Layer& layer, int64_t acc, int64_t c, void* y, int64_t i) {
  float real = static_cast<float>(acc) * layer.multiplier[c];
  if (layer.end == EndS16::kRequantize) {
    static_cast<int16_t*>(y)[i] =
        static_cast<int16_t>(numerics::ClampRound(real, layer.clamp_lo, layer.clamp_hi, 0));
    return;
  }
  if (layer.function.apply != nullptr) {
    layer.function.apply(&real, &real, 1, layer.function.parameters);
  }
  if (layer.end == EndS16::kRealF32) {
    static_cast<float*>(y)[i] = real;
  } else {
    static_cast<int16_t*>(y)[i] =
        static_cast<int16_t>(numerics::Quantize(real, layer.y_scale, 0, -32768, 32767));
  }
}

inline void ConvS16Reference(const ConvS16Layer& layer, const int16_t* x, void* y) {
  const ConvS16Geometry& g = layer.geometry;
  for (int64_t pixel = 0; pixel < g.pixels(); ++pixel) {
    for (int64_t c = 0; c < g.out_channels; ++c) {
      const int64_t acc =
          ConvS16ReferenceSum(layer, x, pixel / (g.out_height * g.out_width),
                              pixel / g.out_width % g.out_height, pixel % g.out_width, c);
      EndS16Reference(layer, acc, c, y, pixel * g.out_channels + c);
    }
  }
}

}  // namespace plumb::kernels
