// Operators that the embedding program defines, in models.
#pragma once

#include <string_view>

#include "plumb/ops/op_def.h"

namespace plumb::ops {

// The rule for a node of a type that is registered (plumb/base/custom_operator.h), whatever its domain; else nullptr.
[[nodiscard]] const ImportRule* FindCustomRule(std::string_view type);

}  // namespace plumb::ops
