// What every pooling record declares.
#pragma once

#include "plumb/kernels/pool/pool.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {

// Input 0 and output 0 are [N, H, W, C] with the same N and C; kernel, strides, pads, dilations
// within what the kernels' arithmetic holds. Strides and dilations default to 1, pads to 0.
Result<kernels::PoolShape> PoolShapeOf(const BindContext& context);

// Of plain elements; the binding of means on grids falls back to it.
[[nodiscard]] Result<std::unique_ptr<BoundRecord>> BindAveragePool(const BindContext& context);

}  // namespace plumb::runtime
