// What the 8-bit convolution and fully connected records share: the constants m and table and the
// end of the layer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plumb/kernels/dot/dot.h"
#include "plumb/runtime/bind_function.h"
#include "plumb/runtime/bind_grid.h"
#include "plumb/runtime/binding.h"

namespace plumb::runtime {

// A layer and what its pointers point to.
struct DotS8Layer {
  kernels::DotLayer layer;
  std::vector<float> y_scale;
  std::vector<int32_t> y_zero_point;
  std::vector<int32_t> x_zero_point;  // one an input channel; the caller fills it
  BoundFunction function;
};

// Inputs x, w, bias?, m, table?, residual? of a record whose geometry is known and whose weights
// are [out_channels][...]: everything but the shapes of x, w and y and the grid of x. With a
// residual, attributes own_scale and own_zero_point are the grid of the layer's own result (one the
// tensor would have without it), sum_clamp_lo and sum_clamp_hi the limits of the sum.
Result<std::unique_ptr<DotS8Layer>> ReadDotS8Layer(const BindContext& context,
                                                   const kernels::DotGeometry& geometry);

// The record that computes it with the kernel of context.isa(). Refused where a sum could leave 32
// bits.
Result<std::unique_ptr<BoundRecord>> MakeDotS8Record(const BindContext& context,
                                                     std::unique_ptr<DotS8Layer> layer);

// The same for a layer whose groups have one input and one output channel each: x_grid holds a zero
// point for each channel.
Result<std::unique_ptr<BoundRecord>> MakeDwConvS8Record(const BindContext& context,
                                                        std::unique_ptr<DotS8Layer> layer,
                                                        const ChannelGrid& x_grid);

}  // namespace plumb::runtime
