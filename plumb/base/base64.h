// Base64 (RFC 4648, with padding, without line breaks).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/base/status.h"

namespace plumb {

[[nodiscard]] std::string ToBase64(std::span<const std::byte> bytes);
// Usage error for anything that ToBase64 does not write.
[[nodiscard]] Result<std::vector<std::byte>> FromBase64(std::string_view text);

}  // namespace plumb
