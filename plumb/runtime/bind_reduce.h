// Reductions of plain elements: what the binding of means on grids falls back to.
#pragma once

#include "plumb/runtime/binding.h"

namespace plumb::runtime {

[[nodiscard]] Result<std::unique_ptr<BoundRecord>> BindReduce(const BindContext& context);

}  // namespace plumb::runtime
