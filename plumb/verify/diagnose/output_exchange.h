// Outputs of a program that have each other's names.
#pragma once

#include <optional>

#include "plumb/verify/diagnose/hypothesis.h"

namespace plumb::verify {

// Outputs that hold what another one should, by what the pictures show.
[[nodiscard]] Result<std::optional<Explanation>> SwappedOutputs(Case& c, const CasePaths& paths);

// Outputs that stand on each other's tensors: an exact contradiction, whatever these pictures show.
[[nodiscard]] std::optional<Explanation> RenamedOutputs(const artifact::Program& subject,
                                                        const artifact::Program& twin,
                                                        const CasePaths& paths);

}  // namespace plumb::verify
