#include "plumb/kernels/dwconv/dwconv.h"

#include <algorithm>
#include <functional>

#include "plumb/base/check.h"
#include "plumb/base/rounding.h"
#include "plumb/kernels/common/select.h"

namespace plumb::kernels {
namespace {

constexpr const DwConvKernel* kKernels[] = {
#define PLUMB_DWCONV(kernel) &kernel,
#include "plumb/kernels/dwconv/dwconv_kernels.inc"
#undef PLUMB_DWCONV
};

}  // namespace

std::vector<const DwConvKernel*> DwConvKernels() { return RunnableKernels<DwConvKernel>(kKernels); }
const DwConvKernel& SelectDwConv(Isa isa) { return SelectKernel<DwConvKernel>(kKernels, isa); }

size_t DwConvPacked::ScratchBytes(int threads) const {
  const int64_t part =
      kernel_end_ != DwConvEnd::kSums ? 0 : RoundUp(part_pixels_ * layer_.channels * 4, 64);
  const int64_t tables = RoundUp((row_groups_ * kernel_.row_group + tap_rows_) * 8, 64);
  return static_cast<size_t>((tap_rows_ * row_bytes_ + (out_rows_ + 1) * part + tables) * threads);
}

DwConvPacked::Scratch DwConvPacked::Split(std::byte* scratch) const {
  const int64_t part =
      kernel_end_ != DwConvEnd::kSums ? 0 : RoundUp(part_pixels_ * layer_.channels * 4, 64);
  Scratch s;
  s.rows = scratch;
  s.sums = reinterpret_cast<int32_t*>(s.rows + tap_rows_ * row_bytes_);
  s.sums_stride = part / 4;
  s.real = reinterpret_cast<float*>(s.sums + out_rows_ * s.sums_stride);
  s.row_table = reinterpret_cast<const std::byte**>(s.real + s.sums_stride);
  s.held = reinterpret_cast<int64_t*>(s.row_table + row_groups_ * kernel_.row_group);
  return s;
}

void DwConvPacked::Run(const int8_t* x, void* y, std::span<std::byte> scratch,
                       ThreadPool& pool) const {
  PLUMB_CHECK(scratch.size() >= ScratchBytes(pool.threads()))
      << "scratch of " << scratch.size() << " bytes";
  const auto rows = [&](int64_t begin, int64_t end, int part) {
    const Scratch s = Split(scratch.data() + static_cast<size_t>(part) * ScratchBytes(1));
    int64_t image = -1;
    while (begin < end) {
      if (begin / layer_.out_height != image) {
        image = begin / layer_.out_height;
        std::fill(s.held, s.held + tap_rows_, INT64_MIN);
      }
      const int64_t oy = begin % layer_.out_height;
      const int64_t count = std::min({int64_t{out_rows_}, layer_.out_height - oy, end - begin});
      RunRows(x, y, image, oy, static_cast<int>(count), s);
      begin += count;
    }
  };
  if (layer_.out_width > 0 && layer_.channels > 0) {
    pool.ParallelFor(layer_.batch * layer_.out_height, out_rows_, std::cref(rows));
  }
}

void DwConvPacked::PrepareRow(const int8_t* row, std::byte* to) const {
  const int8_t* zeros = zero_points_.values<int8_t>().data();
  for (const int64_t phase : phases_) {
    // Pixel j of a phase is column j * stride + phase - pad.
    const int64_t stride = layer_.stride_width;
    const int64_t first = phase - layer_.pad_left;
    const int64_t left = std::clamp<int64_t>(-FloorDivide(first, stride), 0, phase_pixels_);
    const int64_t inside_end =
        std::clamp<int64_t>(-FloorDivide(first - layer_.in_width, stride), left, phase_pixels_);
    const auto put = [&](const int8_t* from, int64_t step, int64_t pixels) {
      if (pixels > 0) {
        kernel_.prepare(from, step, pixels, layer_.channels, to);
        to += pixels * layer_.channels * kernel_.number_bytes;
      }
    };
    put(zeros, 0, left);
    put(row + (left * stride + first) * layer_.x_pitch, stride * layer_.x_pitch, inside_end - left);
    put(zeros, 0, phase_pixels_ - inside_end);
  }
}

void DwConvPacked::RunRows(const int8_t* x, void* y, int64_t image, int64_t oy, int rows,
                           const Scratch& s) const {
  const auto* zero_row = static_cast<const std::byte*>(zero_row_.raw());
  const int64_t needed = layer_.kernel_height + rows - 1;
  const int64_t top = oy * layer_.stride_height - layer_.pad_top;
  for (int64_t tap = 0; tap < row_groups_ * kernel_.row_group; ++tap) {
    const int64_t iy = top + tap * layer_.dilation_height;
    if (tap >= needed || iy < 0 || iy >= layer_.in_height) {
      s.row_table[tap] = zero_row;
      continue;
    }
    // Rows that one output row needs together have places of their own.
    const int64_t place = iy / layer_.dilation_height % tap_rows_;
    std::byte* prepared = s.rows + place * row_bytes_;
    if (s.held[place] != iy) {
      s.held[place] = iy;
      PrepareRow(x + (image * layer_.in_height + iy) * layer_.in_width * layer_.x_pitch, prepared);
    }
    s.row_table[tap] = prepared;
  }
  DwConvStrip strip;
  strip.rows = s.row_table;
  strip.kernel_width = layer_.kernel_width;
  strip.row_groups = row_groups_;
  strip.out_rows = rows;
  strip.blocks = static_cast<const std::byte*>(constants_.raw());
  strip.block_bytes = block_bytes_;
  strip.block_count = blocks_;
  strip.period = period_pixels_ * layer_.channels;
  strip.weights_step =
      int64_t{out_rows_} * kernel_.block * kernel_.row_group * kernel_.weight_bytes;
  strip.offsets = offsets_.data();
  strip.lo = lo_;
  strip.hi = hi_;
  const int64_t row_numbers = layer_.out_width * layer_.channels;
  const int64_t row = image * layer_.out_height + oy;
  strip.end = kernel_end_;
  if (kernel_end_ != DwConvEnd::kSums) {
    strip.numbers = row_numbers;
    strip.y = static_cast<int8_t*>(y) + row * row_numbers;
    strip.y_stride = row_numbers;
    kernel_.run(strip);
    if (look_up_ != nullptr) {
      look_up_(table_.values<int8_t>().data(), strip.y, strip.y, rows * row_numbers);
    }
    return;
  }
  strip.sums = s.sums;
  strip.sums_stride = s.sums_stride;
  for (int64_t ox = 0; ox < layer_.out_width; ox += part_pixels_) {
    const int64_t pixels = std::min(part_pixels_, layer_.out_width - ox);
    strip.first = ox * layer_.channels;
    strip.numbers = pixels * layer_.channels;
    kernel_.run(strip);
    for (int r = 0; r < rows; ++r) {
      end_.Apply({s.sums + r * s.sums_stride, layer_.channels, pixels, layer_.channels}, 0, s.real,
                 y, ((row + r) * layer_.out_width + ox) * layer_.channels, layer_.channels);
    }
  }
}

}  // namespace plumb::kernels
