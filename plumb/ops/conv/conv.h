// What conv and conv_transpose share.
#pragma once

#include <vector>

#include "plumb/ops/op_def.h"

namespace plumb::ops {

// Kernel sizes of a filter: [O, C/g, K...] under layout "nchw", [O, K..., C/g] under "nhwc".
// conv_transpose: with C and O/g in the places of O and C/g.
[[nodiscard]] std::vector<int64_t> KernelSizes(const NodeView& node);
// The size of the filter's other channel axis.
[[nodiscard]] int64_t FilterDepth(const NodeView& node);

[[nodiscard]] bool FilterRankFits(const NodeView& node);
[[nodiscard]] bool GroupsAreSensible(const NodeView& node);
[[nodiscard]] std::string FoundGroups(const NodeView& node);

}  // namespace plumb::ops
