#include <algorithm>
#include <cstring>
#include <iterator>

#include "plumb/kernels/dot/dot_plan.h"

namespace plumb::kernels {
namespace {

// Input rows with their padding, converted.
struct BandWriter {
  const DotKernel& kernel;
  const DotPlan& plan;
  const int8_t* padding;

  void Fill(std::byte* to, int64_t columns) const {
    const DotGeometry& g = plan.g;
    const int64_t pixel = g.in_channels * plan.element;
    kernel.copy({padding, 0, to, pixel, g.in_channels, columns});
  }

  // Columns [0, columns) of `rows` whole input rows that have no padding beside them.
  void CopyPixels(const int8_t* from, std::byte* to, int64_t pixels) const {
    const int64_t channels = plan.g.in_channels;
    if (plan.x_pitch == channels) {
      kernel.copy({from, 0, to, 0, pixels * channels, 1});
    } else {
      kernel.copy({from, plan.x_pitch, to, channels * plan.element, channels, pixels});
    }
  }

  // Input row iy of picture x.
  void Row(const int8_t* x, int64_t iy, std::byte* to) const {
    const DotGeometry& g = plan.g;
    if (iy < 0 || iy >= g.in_height) {
      Fill(to, plan.band_columns);
      return;
    }
    const int64_t pixel = g.in_channels * plan.element;
    const int64_t left = std::min(g.pad_left, plan.band_columns);
    const int64_t inside = std::min(g.in_width, plan.band_columns - left);
    const int64_t right = plan.band_columns - left - inside;
    Fill(to, left);
    CopyPixels(x + iy * g.in_width * plan.x_pitch, to + left * pixel, inside);
    Fill(to + (left + inside) * pixel, right);
  }
};

// The pieces of an output row, in words: what a word writes beyond its part, the next part or piece
// or row overwrites. `rows`: of the kernel; 0: any number.
template <int64_t words, size_t rows>
void CopyWords(const DotPlan& plan, int64_t part, const std::byte* band, std::byte* to) {
  const int64_t* const offsets = plan.kernel_rows.data();
  const size_t count = rows != 0 ? rows : plan.kernel_rows.size();
  for (int64_t i = 0; i < plan.pieces; ++i, band += part, to += plan.piece) {
    std::byte* at = to;
    for (size_t row = 0; row < count; ++row, at += part) {
      std::memcpy(at, band + offsets[row], 8 * words);
    }
  }
}

using CopyFunction = void (*)(const DotPlan&, int64_t, const std::byte*, std::byte*);
template <size_t rows>
constexpr CopyFunction kCopies[] = {CopyWords<1, rows>, CopyWords<2, rows>, CopyWords<3, rows>,
                                    CopyWords<4, rows>, CopyWords<5, rows>, CopyWords<6, rows>};
static_assert(std::size(kCopies<0>) == kPieceRowBytes / 8);

void CopyPieces(const DotPlan& plan, int64_t part, const std::byte* band, std::byte* to) {
  const size_t words = static_cast<size_t>((part - 1) / 8);
  switch (plan.kernel_rows.size()) {  // those of first layers without a loop
    case 3:
      return kCopies<3>[words](plan, part, band, to);
    case 5:
      return kCopies<5>[words](plan, part, band, to);
    case 6:
      return kCopies<6>[words](plan, part, band, to);
    case 7:
      return kCopies<7>[words](plan, part, band, to);
    default:
      return kCopies<0>[words](plan, part, band, to);
  }
}

}  // namespace

void DotFillBand(const DotKernel& kernel, const DotPlan& plan, const int8_t* padding,
                 const int8_t* x, int64_t first, int64_t rows, std::byte* band, std::byte* pieces) {
  const DotGeometry& g = plan.g;
  const BandWriter writer{kernel, plan, padding};
  if (g.in_channels == 0) {
    return;
  }
  const int64_t below = plan.phase_rows - plan.block_rows;
  // Rows without padding that follow each other in the band as in the picture are one run.
  if (plan.phases == 1 && g.stride_height == 1 && plan.band_columns == g.in_width &&
      g.pad_left == 0 && g.pad_top == 0 && first + rows + below <= g.in_height) {
    writer.CopyPixels(x + first * g.in_width * plan.x_pitch, band, (rows + below) * g.in_width);
  } else {
    for (int64_t phase = 0; phase < plan.phases; ++phase) {
      for (int64_t row = 0; row < rows + below; ++row) {
        writer.Row(x, (first + row) * g.stride_height + phase - g.pad_top,
                   band + (phase * plan.phase_rows + row) * plan.band_line);
      }
    }
  }
  if (plan.source != DotSource::kColumns) {
    return;
  }
  const int64_t part = g.stride_width * g.in_channels * plan.element;
  for (int64_t row = 0; row < rows; ++row) {
    CopyPieces(plan, part, band + row * plan.band_line, pieces + row * plan.line);
  }
}

}  // namespace plumb::kernels
