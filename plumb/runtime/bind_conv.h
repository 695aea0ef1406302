// The arithmetics of the record kind conv; bind_conv.cc chooses by the element type of the
// input.
#pragma once

#include "plumb/runtime/binding.h"

namespace plumb::runtime {

[[nodiscard]] Result<std::unique_ptr<BoundRecord>> BindConvF32(const BindContext& context);
[[nodiscard]] Result<std::unique_ptr<BoundRecord>> BindConvS8(const BindContext& context);
[[nodiscard]] Result<std::unique_ptr<BoundRecord>> BindConvS16(const BindContext& context);

}  // namespace plumb::runtime
