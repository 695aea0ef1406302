// The arithmetics of the record kind fully_connected; bind_fully_connected.cc chooses by the
// element type of the input.
#pragma once

#include "plumb/runtime/binding.h"

namespace plumb::runtime {

[[nodiscard]] Result<std::unique_ptr<BoundRecord>> BindFullyConnectedF32(
    const BindContext& context);
[[nodiscard]] Result<std::unique_ptr<BoundRecord>> BindFullyConnectedS8(const BindContext& context);
[[nodiscard]] Result<std::unique_ptr<BoundRecord>> BindFullyConnectedS16(
    const BindContext& context);

}  // namespace plumb::runtime
