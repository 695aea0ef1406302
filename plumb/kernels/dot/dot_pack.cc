#include "plumb/kernels/dot/dot_pack.h"

#include <algorithm>

namespace plumb::kernels {
namespace {

int64_t CeilDivide(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

// Copies runs of taps into rows, splitting them where a chunk ends.
struct RowWriter {
  const DotKernel& kernel;
  DotRowLayout layout;
  std::byte* rows;

  // Elements [k, k + n) of rows [row, row + count); `from` null: filled with 0.
  void Write(int64_t k, int64_t n, int64_t row, int64_t count, const int8_t* from,
             int64_t from_stride) const {
    while (n > 0 && count > 0) {
      const int64_t at = k % layout.chunk;
      const int64_t part = std::min(n, layout.chunk - at);
      std::byte* to =
          rows + (k / layout.chunk * layout.block_rows + row) * DotRowBytes(kernel.element_bytes) +
          at * kernel.element_bytes;
      kernel.copy({from, from_stride, to, part, count, 0});
      k += part;
      n -= part;
      from = from == nullptr ? nullptr : from + part;
    }
  }
};

// The pixels [ox, ox + count) of one output row, into rows from `row` on.
struct RowSegment {
  int64_t image, oy, ox, count, row;
};

void CopySegment(const RowWriter& writer, const DotGeometry& g, const int8_t* padding,
                 const int8_t* x, int64_t group, const RowSegment& s) {
  const int64_t depth = g.in_channels / g.groups;
  // One run of memory covers all kernel columns, or each column is a run.
  const int64_t pitch = writer.layout.x_pitch;
  const bool whole_rows =
      g.kernel_width == 1 || (g.dilation_width == 1 && g.groups == 1 && pitch == g.in_channels);
  const int64_t runs = whole_rows ? 1 : g.kernel_width;
  const int64_t columns = whole_rows ? g.kernel_width : 1;  // of a run
  const int64_t run = columns * depth;
  for (int64_t ky = 0; ky < g.kernel_height; ++ky) {
    const int64_t iy = s.oy * g.stride_height - g.pad_top + ky * g.dilation_height;
    const int64_t k_row = ky * g.kernel_width * depth;
    if (iy < 0 || iy >= g.in_height) {
      writer.Write(k_row, g.kernel_width * depth, s.row, s.count, padding, 0);
      continue;
    }
    const int8_t* line = x + (s.image * g.in_height + iy) * g.in_width * pitch + group * depth;
    for (int64_t r = 0; r < runs; ++r) {
      const int64_t k = k_row + r * run;
      const int64_t shift =
          r * g.dilation_width - g.pad_left;  // first column = ox * stride + shift
      // Pixels whose run lies inside the picture: [inside, outside).
      const int64_t end = s.ox + s.count;
      const int64_t inside = std::clamp(CeilDivide(-shift, g.stride_width), s.ox, end);
      const int64_t outside =
          std::clamp(CeilDivide(g.in_width - columns - shift + 1, g.stride_width), inside, end);
      if (inside < outside) {
        writer.Write(k, run, s.row + inside - s.ox, outside - inside,
                     line + (inside * g.stride_width + shift) * pitch, g.stride_width * pitch);
      }
      for (int64_t ox = s.ox; ox < end; ++ox) {
        if (ox == inside) {
          ox = outside;
          if (ox == end) {
            break;
          }
        }
        const int64_t row = s.row + ox - s.ox;
        const int64_t first = ox * g.stride_width + shift;
        const int64_t left = std::clamp<int64_t>(-first, 0, columns);
        const int64_t right = std::clamp<int64_t>(g.in_width - first, left, columns);
        writer.Write(k, left * depth, row, 1, padding, 0);
        if (right > left) {
          writer.Write(k + left * depth, (right - left) * depth, row, 1,
                       line + (first + left) * pitch, 0);
        }
        writer.Write(k + right * depth, (columns - right) * depth, row, 1, padding, 0);
      }
    }
  }
}

}  // namespace

void DotPackWeights(const DotKernel& kernel, const int8_t* w, int64_t k, int64_t channels,
                    int8_t* packed) {
  const int64_t group = kernel.w_group;
  const int64_t groups = (k + kernel.k_step - 1) / kernel.k_step * kernel.k_step / group;
  for (int64_t first = 0; first < channels; first += kernel.tile_channels) {
    const int64_t left = channels - first;
    const int64_t width = std::min<int64_t>((left + kernel.lanes - 1) / kernel.lanes * kernel.lanes,
                                            kernel.tile_channels);
    for (int64_t g = 0; g < groups; ++g) {
      for (int64_t c = 0; c < width; ++c) {
        for (int64_t i = 0; i < group; ++i) {
          const int64_t at = g * group + i;
          *packed++ = c < left && at < k ? w[(first + c) * k + at] : int8_t{0};
        }
      }
    }
  }
}

void DotCopyPixels(const DotKernel& kernel, const DotGeometry& g, const int8_t* padding,
                   const DotRowLayout& layout, const int8_t* x, int64_t group, int64_t pixel,
                   int64_t count, std::byte* rows) {
  const RowWriter writer{kernel, layout, rows};
  const int64_t k = DotDepth(g);
  // The weights there are zero: any value does.
  writer.Write(k, (kernel.k_step - k % kernel.k_step) % kernel.k_step, 0, count, nullptr, 0);
  for (int64_t row = 0; row < count;) {
    const int64_t line = (pixel + row) / g.out_width;
    const int64_t ox = (pixel + row) % g.out_width;
    const int64_t part = std::min(count - row, g.out_width - ox);
    CopySegment(writer, g, padding, x, group,
                {line / g.out_height, line % g.out_height, ox, part, row});
    row += part;
  }
}

}  // namespace plumb::kernels
