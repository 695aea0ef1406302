// The definition of the depthwise convolution, in plain loops.
#pragma once

#include "plumb/kernels/dwconv/dwconv.h"

namespace plumb::kernels {

inline void DwConvReference(const DwConvLayer& l, const int8_t* x, void* y) {
  for (int64_t pixel = 0; pixel < l.batch * l.out_height * l.out_width; ++pixel) {
    const int64_t image = pixel / (l.out_height * l.out_width);
    const int64_t oy = pixel / l.out_width % l.out_height;
    const int64_t ox = pixel % l.out_width;
    for (int64_t c = 0; c < l.channels; ++c) {
      int64_t acc = l.bias != nullptr ? l.bias[c] : 0;
      for (int64_t ky = 0; ky < l.kernel_height; ++ky) {
        for (int64_t kx = 0; kx < l.kernel_width; ++kx) {
          const int64_t iy = oy * l.stride_height - l.pad_top + ky * l.dilation_height;
          const int64_t ix = ox * l.stride_width - l.pad_left + kx * l.dilation_width;
          if (iy >= 0 && iy < l.in_height && ix >= 0 && ix < l.in_width) {
            const int64_t pitch = l.x_pitch != 0 ? l.x_pitch : l.channels;
            const int8_t q = x[((image * l.in_height + iy) * l.in_width + ix) * pitch + c];
            acc += (q - l.x_zero_point[c]) *
                   l.weights[(c * l.kernel_height + ky) * l.kernel_width + kx];
          }
        }
      }
      LayerEndReference(l.end, static_cast<int32_t>(acc), c, y, pixel * l.channels + c);
    }
  }
}

}  // namespace plumb::kernels
