// Weights in parts of 8 bits, and rows of taps.
#pragma once

#include "plumb/kernels/conv_s16/conv_s16.h"

namespace plumb::kernels {

// Pixels of a depthwise layer whose sums are held at once.
inline constexpr int64_t kConvS16Pixels = 16;

// w = low + 256 * high, both within -128..128; of one part: low alone.
struct SplitWeight {
  int16_t low, high;
};
inline SplitWeight Split(int16_t w, int parts) {
  const int low = parts == 1 ? w : static_cast<int8_t>(static_cast<uint16_t>(w) & 0xff);
  return {static_cast<int16_t>(low), static_cast<int16_t>((w - low) / 256)};
}

// The taps of pixels [pixel, pixel + count) of one group, row_stride elements apart: an even number,
// the element that a row may have too many is 0.
void ConvS16CopyPixels(const ConvS16Geometry& g, const int16_t* x, int64_t group, int64_t pixel,
                       int64_t count, int64_t row_stride, int16_t* rows);

}  // namespace plumb::kernels
