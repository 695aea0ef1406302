#include "plumb/kernels/dwconv/dwconv.h"

#include <algorithm>
#include <functional>

#include "plumb/base/check.h"
#include "plumb/kernels/common/select.h"

namespace plumb::kernels {
namespace {

constexpr const DwConvKernel* kKernels[] = {
#define PLUMB_DWCONV(kernel) &kernel,
#include "plumb/kernels/dwconv/dwconv_kernels.inc"
#undef PLUMB_DWCONV
};

// Pixels whose sums are held at once: those of a block of channels stay in the first-level cache.
constexpr int64_t kPixels = 16;

int64_t CeilDivide(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }
int64_t RoundUp(int64_t a, int64_t b) { return (a + b - 1) / b * b; }

}  // namespace

std::vector<const DwConvKernel*> DwConvKernels() { return RunnableKernels<DwConvKernel>(kKernels); }
const DwConvKernel& SelectDwConv(Isa isa) { return SelectKernel<DwConvKernel>(kKernels, isa); }

DwConvPacked::DwConvPacked(const DwConvLayer& layer, const DwConvKernel& kernel)
    : layer_(layer),
      kernel_(kernel),
      taps_(layer.kernel_height * layer.kernel_width),
      tap_groups_((taps_ + kernel.tap_group - 1) / kernel.tap_group),
      blocks_((layer.channels + kernel.block - 1) / kernel.block),
      weights_(kernel.element_bytes == 1 ? DType::kS8 : DType::kS16,
               {blocks_, tap_groups_, kernel.tap_group * kernel.block}),
      start_(DType::kS32, {blocks_, kernel.block}),
      zeros_(DType::kS8, {layer.channels}),
      end_(layer.end, layer.channels, kernel.isa) {
  const int64_t reach = (layer.kernel_width - 1) * layer.dilation_width;
  inside_begin_ =
      std::clamp<int64_t>(CeilDivide(layer.pad_left, layer.stride_width), 0, layer.out_width);
  inside_end_ =
      std::clamp<int64_t>(CeilDivide(layer.in_width - reach + layer.pad_left, layer.stride_width),
                          inside_begin_, layer.out_width);
  for (int64_t c = 0; c < layer.channels; ++c) {
    const int64_t block = c / kernel.block;
    const int in_block = static_cast<int>(c % kernel.block);
    int64_t sum = 0;
    for (int64_t tap = 0; tap < taps_; ++tap) {
      const int8_t w = layer.weights[c * taps_ + tap];
      sum += w;
      const int64_t group = block * tap_groups_ + tap / kernel.tap_group;
      const auto at = static_cast<size_t>(
          group * kernel.tap_group * kernel.block +
          kernel.weight_position(in_block, static_cast<int>(tap % kernel.tap_group)));
      if (kernel.element_bytes == 1) {
        weights_.values<int8_t>()[at] = w;
      } else {
        weights_.values<int16_t>()[at] = w;
      }
    }
    const int64_t bias = layer.bias != nullptr ? layer.bias[c] : 0;
    start_.values<int32_t>()[static_cast<size_t>(block * kernel.block +
                                                 kernel.start_position(in_block))] =
        static_cast<int32_t>(
            static_cast<uint32_t>(bias - (layer.x_zero_point[c] + kernel.x_offset) * sum));
    zeros_.values<int8_t>()[static_cast<size_t>(c)] = static_cast<int8_t>(layer.x_zero_point[c]);
  }
}

size_t DwConvPacked::ScratchBytes(int threads) const {
  // Two tables of taps; sums and numbers of a block.
  const int64_t tables = RoundUp(2 * tap_groups_ * kernel_.tap_group * 8, 64);
  return static_cast<size_t>((tables + 2 * kPixels * kernel_.block * 4) * threads);
}

size_t DwConvPacked::PackedBytes() const {
  return weights_.bytes() + start_.bytes() + zeros_.bytes() + end_.bytes();
}

void DwConvPacked::Run(const int8_t* x, void* y, std::span<std::byte> scratch,
                       ThreadPool& pool) const {
  PLUMB_CHECK(scratch.size() >= ScratchBytes(pool.threads()))
      << "scratch of " << scratch.size() << " bytes";
  const auto rows = [&](int64_t begin, int64_t end, int part) {
    for (int64_t row = begin; row < end; ++row) {
      RunRow(x, y, row, scratch.data() + static_cast<size_t>(part) * ScratchBytes(1));
    }
  };
  pool.ParallelFor(layer_.batch * layer_.out_height, 1, std::cref(rows));
}

void DwConvPacked::RunRow(const int8_t* x, void* y, int64_t row, std::byte* scratch) const {
  for (int64_t ox = 0; ox < layer_.out_width;) {
    const bool inside = ox >= inside_begin_ && ox < inside_end_;
    const int64_t pixels = inside ? std::min(inside_end_ - ox, kPixels) : 1;
    RunSegment(x, y, row, ox, pixels, scratch);
    ox += pixels;
  }
}

void DwConvPacked::RunSegment(const int8_t* x, void* y, int64_t row, int64_t ox, int64_t pixels,
                              std::byte* scratch) const {
  const int64_t padded_taps = tap_groups_ * kernel_.tap_group;
  auto* acc = reinterpret_cast<int32_t*>(scratch);
  auto* real = reinterpret_cast<float*>(scratch + kPixels * kernel_.block * 4);
  auto* in = reinterpret_cast<const int8_t**>(scratch + 2 * kPixels * kernel_.block * 4);
  auto* step = reinterpret_cast<int64_t*>(in + padded_taps);
  const int64_t image = row / layer_.out_height;
  const int64_t oy = row % layer_.out_height;
  for (int64_t tap = 0; tap < padded_taps; ++tap) {
    const int64_t iy = oy * layer_.stride_height - layer_.pad_top +
                       tap / layer_.kernel_width * layer_.dilation_height;
    const int64_t ix = ox * layer_.stride_width - layer_.pad_left +
                       tap % layer_.kernel_width * layer_.dilation_width;
    const bool there =
        tap < taps_ && iy >= 0 && iy < layer_.in_height && ix >= 0 && ix < layer_.in_width;
    in[tap] = there ? x + ((image * layer_.in_height + iy) * layer_.in_width + ix) * layer_.channels
                    : zeros_.values<int8_t>().data();
    step[tap] = there ? layer_.stride_width * layer_.channels : 0;
  }
  const int64_t block_bytes =
      tap_groups_ * kernel_.tap_group * kernel_.block * kernel_.element_bytes;
  for (int64_t block = 0; block < blocks_; ++block) {
    const int64_t channel = block * kernel_.block;
    const int channels =
        static_cast<int>(std::min<int64_t>(layer_.channels - channel, kernel_.block));
    kernel_.run({in, step, tap_groups_,
                 static_cast<const std::byte*>(weights_.raw()) + block * block_bytes,
                 start_.values<int32_t>().data() + channel, acc, pixels, channel, channels});
    end_.Apply({acc, kernel_.block, pixels, channels}, channel, real, y,
               (row * layer_.out_width + ox) * layer_.channels + channel, layer_.channels);
  }
}

}  // namespace plumb::kernels
