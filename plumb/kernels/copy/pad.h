// Where each output position of a padded axis comes from.
#pragma once

#include <cstdint>
#include <vector>

namespace plumb::kernels {

enum class PadMode { kConstant, kReflect, kEdge, kWrap };

// For an axis of `size` positions with `before` and `after` added (negative: cut off first): for
// each of the size + before + after output positions the source position, or -1 for the constant.
// Other modes look only at what is left after cutting. Requires: size + before + after >= 0, and
// for the other modes something left when there is output.
[[nodiscard]] std::vector<int64_t> PadMap(int64_t size, int64_t before, int64_t after,
                                          PadMode mode);

}  // namespace plumb::kernels
