#include "plumb/kernels/conv_s16/conv_s16_pack.h"

#include <algorithm>

namespace plumb::kernels {

void ConvS16CopyPixels(const ConvS16Geometry& g, const int16_t* x, int64_t group, int64_t pixel,
                       int64_t count, int64_t row_stride, int16_t* rows) {
  const int64_t depth = g.in_channels / g.groups;
  // One run of memory covers all kernel columns, or each column is a run.
  const bool whole = g.dilation_width == 1 && g.groups == 1;
  const int64_t runs = whole ? 1 : g.kernel_width;
  const int64_t columns = whole ? g.kernel_width : 1;  // of a run
  for (int64_t r = 0; r < count; ++r) {
    const int64_t at = pixel + r;
    const int64_t image = at / (g.out_height * g.out_width);
    const int64_t top = at / g.out_width % g.out_height * g.stride_height - g.pad_top;
    const int64_t left = at % g.out_width * g.stride_width - g.pad_left;
    int16_t* to = rows + r * row_stride;
    int16_t* const end = to + row_stride;
    for (int64_t ky = 0; ky < g.kernel_height; ++ky) {
      const int64_t iy = top + ky * g.dilation_height;
      if (iy < 0 || iy >= g.in_height) {
        to = std::fill_n(to, g.kernel_width * depth, int16_t{0});
        continue;
      }
      const int16_t* line =
          x + (image * g.in_height + iy) * g.in_width * g.in_channels + group * depth;
      for (int64_t run = 0; run < runs; ++run) {
        const int64_t first = left + run * g.dilation_width;
        const int64_t before = std::clamp<int64_t>(-first, 0, columns);
        const int64_t inside = std::clamp<int64_t>(g.in_width - first, before, columns) - before;
        to = std::fill_n(to, before * depth, int16_t{0});
        if (inside > 0) {
          to = std::copy_n(line + (first + before) * g.in_channels, inside * depth, to);
        }
        to = std::fill_n(to, (columns - before - inside) * depth, int16_t{0});
      }
    }
    std::fill(to, end, int16_t{0});
  }
}

}  // namespace plumb::kernels
