// What two models say of themselves, line against line.
#pragma once

#include <vector>

#include "plumb/api/diff.h"
#include "plumb/api/model.h"

namespace plumb {

// Recipe, calibration, passes, contracts, quality: the sections in which they differ.
[[nodiscard]] std::vector<DiffSection> CompareFacts(const Model& a, const Model& b);

// Facts of the contracts that differ: "color rgb -> bgr".
[[nodiscard]] std::vector<std::string> CompareIo(const artifact::IoContract& a,
                                                 const artifact::IoContract& b);
[[nodiscard]] std::vector<std::string> CompareDecode(const artifact::DecodeContract& a,
                                                     const artifact::DecodeContract& b);

}  // namespace plumb
