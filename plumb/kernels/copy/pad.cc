#include "plumb/kernels/copy/pad.h"

#include <algorithm>

#include "plumb/base/check.h"

namespace plumb::kernels {

std::vector<int64_t> PadMap(int64_t size, int64_t before, int64_t after, PadMode mode) {
  const int64_t first = std::max<int64_t>(0, -before);  // of the source positions that are left
  const int64_t left = std::max<int64_t>(0, size - first - std::max<int64_t>(0, -after));
  std::vector<int64_t> map(static_cast<size_t>(size + before + after));
  PLUMB_CHECK(mode == PadMode::kConstant || left > 0 || map.empty()) << "nothing to repeat";
  const int64_t lead = std::max<int64_t>(0, before);
  for (size_t i = 0; i < map.size(); ++i) {
    int64_t at = static_cast<int64_t>(i) - lead;
    if (at < 0 || at >= left) {
      switch (mode) {
        case PadMode::kConstant:
          map[i] = -1;
          continue;
        case PadMode::kEdge:
          at = std::clamp<int64_t>(at, 0, left - 1);
          break;
        case PadMode::kWrap:
          at = (at % left + left) % left;
          break;
        case PadMode::kReflect: {
          const int64_t period = std::max<int64_t>(1, 2 * (left - 1));
          at = (at % period + period) % period;
          at = at < left ? at : period - at;
          break;
        }
      }
    }
    map[i] = first + at;
  }
  return map;
}

}  // namespace plumb::kernels
