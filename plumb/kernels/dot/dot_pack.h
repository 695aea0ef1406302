// How a layer's weights and a block of its input pixels are laid out for the kernels of dot.h.
#pragma once

#include "plumb/kernels/dot/dot.h"

namespace plumb::kernels {

// Weights of one group, w [channels][k], as panels of kernel.tile_channels; the last panel is as
// wide as needed in whole lanes. Panel: [k / w_group][width][w_group], k padded with zeros to a
// multiple of k_step.
void DotPackWeights(const DotKernel& kernel, const int8_t* w, int64_t k, int64_t channels,
                    int8_t* packed);

// Rows of k activations, one a pixel, in chunks: element k of row r is element k % chunk of
// memory row (k / chunk) * block_rows + r.
struct DotRowLayout {
  int64_t chunk;
  int64_t block_rows;
  int64_t x_pitch;  // elements from pixel to pixel of x
};

// Copies the taps of output pixels [pixel, pixel + count) of a group to rows 0..count-1. `padding`:
// what a kernel row of pixels outside the picture holds, [kernel_width][in_channels / groups].
void DotCopyPixels(const DotKernel& kernel, const DotGeometry& geometry, const int8_t* padding,
                   const DotRowLayout& layout, const int8_t* x, int64_t group, int64_t pixel,
                   int64_t count, std::byte* rows);

}  // namespace plumb::kernels
