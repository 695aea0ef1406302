// add, sub and mul of two s8 tensors, each on a grid of its own; BindBinary (bind_elementwise.cc)
// chooses by the element type of the input.
#pragma once

#include "plumb/runtime/binding.h"

namespace plumb::runtime {

[[nodiscard]] Result<std::unique_ptr<BoundRecord>> BindBinaryS8(const BindContext& context);

}  // namespace plumb::runtime
