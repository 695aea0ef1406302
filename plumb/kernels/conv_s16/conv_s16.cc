#include "plumb/kernels/conv_s16/conv_s16.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "plumb/base/check.h"
#include "plumb/base/rounding.h"
#include "plumb/kernels/common/select.h"
#include "plumb/kernels/conv_s16/conv_s16_pack.h"

namespace plumb::kernels {
namespace {

constexpr const ConvS16Kernel* kKernels[] = {
#define PLUMB_CONV_S16(kernel) &kernel,
#include "plumb/kernels/conv_s16/conv_s16_kernels.inc"
#undef PLUMB_CONV_S16
};

// Rows held at once: they and a panel of weights stay in the second-level cache.
constexpr int64_t kBlockBytes = 192 * 1024;
constexpr int64_t kBlockTiles = 8;
constexpr int64_t kChunkPairs = kConvS16Chunk / 2;

}  // namespace

std::vector<const ConvS16Kernel*> ConvS16Kernels() {
  return RunnableKernels<ConvS16Kernel>(kKernels);
}
const ConvS16Kernel& SelectConvS16(Isa isa) { return SelectKernel<ConvS16Kernel>(kKernels, isa); }

int64_t ConvS16Bound(const int16_t* w, const int64_t* bias, int64_t channels, int64_t k) {
  int64_t most = 0;
  for (int64_t c = 0; c < channels; ++c) {
    const int64_t added = bias != nullptr ? bias[c] : 0;
    if (added > kMostConvS16 || added < -kMostConvS16) {
      return kMostConvS16 + 1;
    }
    int64_t sum = 0;
    for (int64_t i = 0; i < k; ++i) {
      sum += std::abs(int{w[c * k + i]});
    }
    most = std::max(most, std::abs(added) + 32768 * sum);
  }
  return most;
}

ConvS16Packed::ConvS16Packed(const ConvS16Layer& layer, const ConvS16Kernel& kernel)
    : geometry_(layer.geometry),
      kernel_(kernel),
      multiplier_(layer.multiplier, layer.multiplier + layer.geometry.out_channels),
      end_(layer.end),
      y_scale_(layer.y_scale),
      lo_(layer.clamp_lo),
      hi_(layer.clamp_hi),
      function_(layer.function) {
  const ConvS16Geometry& g = geometry_;
  PLUMB_CHECK(g.groups >= 1 && g.in_channels % g.groups == 0 && g.out_channels % g.groups == 0)
      << g.groups << " groups of " << g.in_channels << " and " << g.out_channels << " channels";
  const int64_t count = g.out_channels * g.depth();
  const bool narrow = std::all_of(layer.weights, layer.weights + count,
                                  [](int16_t w) { return w >= -128 && w <= 127; });
  parts_ = narrow ? 1 : 2;
  g.depthwise() ? PackDepthwise(layer) : PackDense(layer);
}

void ConvS16Packed::PackDense(const ConvS16Layer& layer) {
  const ConvS16Geometry& g = geometry_;
  const int64_t k = g.depth();
  const int64_t group_channels = g.out_channels / g.groups;
  const int64_t width = kernel_.tile_channels;
  panels_ = (group_channels + width - 1) / width;
  pairs_ = (k + 1) / 2;
  direct_ = g.kernel_height == 1 && g.kernel_width == 1 && g.stride_height == 1 &&
            g.stride_width == 1 && g.pad_top == 0 && g.pad_left == 0 && g.groups == 1 &&
            g.out_height == g.in_height && g.out_width == g.in_width && k % 2 == 0;
  const int64_t row_bytes = std::max<int64_t>(pairs_ * 4, 4);
  block_rows_ = std::clamp<int64_t>(kBlockBytes / row_bytes / kernel_.tile_rows, 1, kBlockTiles) *
                kernel_.tile_rows;
  weights_ = Tensor(DType::kS16, {parts_, g.groups, panels_, pairs_ * width * 2});
  start_ = Tensor(DType::kF64, {g.groups, panels_, width});
  int16_t* const to = weights_.values<int16_t>().data();
  const int64_t part_size = weights_.size() / parts_;
  for (int64_t c = 0; c < g.out_channels; ++c) {
    const int64_t group = c / group_channels, in_group = c % group_channels;
    const int64_t panel = group * panels_ + in_group / width, lane = in_group % width;
    for (int64_t i = 0; i < k; ++i) {
      const SplitWeight w = Split(layer.weights[c * k + i], parts_);
      const int64_t at = ((panel * pairs_ + i / 2) * width + lane) * 2 + i % 2;
      to[at] = w.low;
      if (parts_ == 2) {
        to[part_size + at] = w.high;
      }
    }
    start_.values<double>()[static_cast<size_t>(panel * width + lane)] =
        layer.bias != nullptr ? static_cast<double>(layer.bias[c]) : 0.0;
  }
}

// What a thread does: panels [panel_begin, panel_end), counted through all groups, of pixels
// [pixel_begin, pixel_end).
struct ConvS16Packed::Part {
  const int16_t* x;
  void* y;
  int16_t* rows;
  double* acc;
  float* real;
  int64_t pixel_begin, pixel_end;
  int64_t panel_begin, panel_end;
};

size_t ConvS16Packed::ScratchBytes(int threads) const {
  int64_t bytes = 0;
  if (geometry_.depthwise()) {
    bytes = RoundUp(geometry_.depth() * static_cast<int64_t>(sizeof(ConvS16Tap)), 64) +
            kConvS16Pixels * kernel_.dw_block * 12;
  } else {
    const int64_t tile = kernel_.tile_rows * kernel_.tile_channels;
    bytes = tile * 12 + (direct_ ? 0 : RoundUp(block_rows_ * pairs_ * 4, 64));
  }
  return static_cast<size_t>(RoundUp(bytes, 64) * threads);
}

size_t ConvS16Packed::PackedBytes() const {
  return weights_.bytes() + start_.bytes() + 4 * multiplier_.size();
}

void ConvS16Packed::Run(const int16_t* x, void* y, std::span<std::byte> scratch,
                        ThreadPool& pool) const {
  PLUMB_CHECK(scratch.size() >= ScratchBytes(pool.threads()))
      << "scratch of " << scratch.size() << " bytes";
  if (!geometry_.depthwise()) {
    RunDense(x, y, scratch, pool);
    return;
  }
  const auto rows = [&](int64_t begin, int64_t end, int part) {
    for (int64_t row = begin; row < end; ++row) {
      RunRow(x, y, row, scratch.data() + static_cast<size_t>(part) * ScratchBytes(1));
    }
  };
  pool.ParallelFor(geometry_.batch * geometry_.out_height, 1, std::cref(rows));
}

void ConvS16Packed::RunDense(const int16_t* x, void* y, std::span<std::byte> scratch,
                             ThreadPool& pool) const {
  const int64_t tiles = (geometry_.pixels() + kernel_.tile_rows - 1) / kernel_.tile_rows;
  const int64_t panels = geometry_.groups * panels_;
  const bool by_pixels = tiles >= pool.threads() || tiles >= panels;
  const auto work = [&](int64_t begin, int64_t end, int part) {
    std::byte* const own = scratch.data() + static_cast<size_t>(part) * ScratchBytes(1);
    const int64_t tile = kernel_.tile_rows * kernel_.tile_channels;
    RunPart({x, y, reinterpret_cast<int16_t*>(own + tile * 12), reinterpret_cast<double*>(own),
             reinterpret_cast<float*>(own + tile * 8), by_pixels ? begin : 0,
             by_pixels ? end : geometry_.pixels(), by_pixels ? 0 : begin,
             by_pixels ? panels : end});
  };
  if (by_pixels) {
    pool.ParallelFor(geometry_.pixels(), kernel_.tile_rows, std::cref(work));
  } else {
    pool.ParallelFor(panels, 1, std::cref(work));
  }
}

void ConvS16Packed::RunPart(const Part& part) const {
  for (int64_t begin = part.pixel_begin; begin < part.pixel_end; begin += block_rows_) {
    const int64_t here = std::min(block_rows_, part.pixel_end - begin);
    int64_t copied_group = -1;
    for (int64_t panel = part.panel_begin; panel < part.panel_end; ++panel) {
      const int64_t group = panel / panels_;
      const int16_t* rows = direct_ ? part.x + begin * 2 * pairs_ : part.rows;
      if (!direct_ && group != copied_group) {
        ConvS16CopyPixels(geometry_, part.x, group, begin, here, 2 * pairs_, part.rows);
        copied_group = group;
      }
      for (int64_t row = 0; row < here; row += kernel_.tile_rows) {
        RunTile(part, rows + row * 2 * pairs_, 2 * pairs_, panel, begin + row,
                static_cast<int>(std::min<int64_t>(kernel_.tile_rows, here - row)));
      }
    }
  }
}

void ConvS16Packed::RunTile(const Part& part, const int16_t* rows, int64_t row_stride,
                            int64_t panel, int64_t pixel, int row_count) const {
  const int64_t width = kernel_.tile_channels;
  const double* start = start_.values<double>().data() + panel * width;
  for (int r = 0; r < row_count; ++r) {
    std::copy(start, start + width, part.acc + r * width);
  }
  const int64_t part_size = weights_.size() / parts_;
  for (int64_t pair = 0; pair < pairs_; pair += kChunkPairs) {
    const int64_t pairs = std::min(kChunkPairs, pairs_ - pair);
    for (int p = 0; p < parts_; ++p) {
      const int16_t* w =
          weights_.values<int16_t>().data() + p * part_size + (panel * pairs_ + pair) * width * 2;
      kernel_.tile(
          {rows + 2 * pair, row_stride, w, pairs, p == 0 ? 1.0 : 256.0, part.acc, row_count});
    }
  }
  const int64_t group_channels = geometry_.out_channels / geometry_.groups;
  const int64_t first = panel % panels_ * width;
  Finish(part.acc, width, row_count, panel / panels_ * group_channels + first,
         std::min(width, group_channels - first), pixel, part.real, part.y);
}

void ConvS16Packed::Finish(const double* acc, int64_t acc_stride, int64_t rows, int64_t channel,
                           int64_t channels, int64_t pixel, float* real, void* y) const {
  if (end_ == EndS16::kRequantize) {
    for (int64_t r = 0; r < rows; ++r) {
      kernel_.requantize(acc + r * acc_stride, multiplier_.data() + channel, channels, lo_, hi_,
                         static_cast<int16_t*>(y) + (pixel + r) * geometry_.out_channels + channel);
    }
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    kernel_.scale(acc + r * acc_stride, multiplier_.data() + channel, channels,
                  real + r * channels);
  }
  if (function_.apply != nullptr) {
    function_.apply(real, real, rows * channels, function_.parameters);
  }
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t at = (pixel + r) * geometry_.out_channels + channel;
    const float* const from = real + r * channels;
    if (end_ == EndS16::kRealF32) {
      std::copy(from, from + channels, static_cast<float*>(y) + at);
    } else {
      kernel_.quantize(from, channels, y_scale_, static_cast<int16_t*>(y) + at);
    }
  }
}

}  // namespace plumb::kernels
