// Functions of two tensors on plain elements (no grids): what the bindings of operators that also
// work on grids fall back to.
#pragma once

#include "plumb/runtime/binding.h"

namespace plumb::runtime {

// Refuses tensors with a grid, but for min, max and comparisons of tensors that all have the same
// one.
Result<std::unique_ptr<BoundRecord>> BindBinary(const BindContext& context);

// add, sub and mul of 16-bit tensors with grids.
Result<std::unique_ptr<BoundRecord>> BindArithmeticS16(const BindContext& context);

}  // namespace plumb::runtime
