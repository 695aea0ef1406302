// The golden vectors of two artifacts, line against line.
#pragma once

#include <string>
#include <vector>

#include "plumb/artifact/artifact.h"

namespace plumb {

// Inputs, the bits that every record makes of the same input, and the decoded results: what differs.
[[nodiscard]] std::vector<std::string> CompareGolden(const artifact::Artifact& a,
                                                     const artifact::Artifact& b);

}  // namespace plumb
