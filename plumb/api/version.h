// What this build is.
#pragma once

#include <string>

namespace plumb {

[[nodiscard]] std::string Release();  // "0.1.0"
[[nodiscard]] std::string
Commit();  // of the source it was built from; "unknown" outside a checkout
[[nodiscard]] std::string VersionText();  // release, commit, numerics and format on one line

}  // namespace plumb
