#include "plumb/quant/picture_grid.h"

#include <algorithm>

#include "plumb/quant/range.h"

namespace plumb::quant {

Quantization PictureGrid(const artifact::PictureInput& input) {
  Range range;
  for (size_t c = 0; c < input.mean.size(); ++c) {
    const float black = (0.0f - input.mean[c]) / input.std[c];
    const float white = (255.0f - input.mean[c]) / input.std[c];
    range.lo = std::min({range.lo, black, white});
    range.hi = std::max({range.hi, black, white});
  }
  return GridOf(range);
}

}  // namespace plumb::quant
