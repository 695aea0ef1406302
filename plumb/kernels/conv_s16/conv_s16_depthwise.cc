// Depthwise layers: taps inside the picture, one after the other, for a run of pixels that have the
// same ones.
#include <algorithm>

#include "plumb/base/rounding.h"
#include "plumb/kernels/conv_s16/conv_s16.h"
#include "plumb/kernels/conv_s16/conv_s16_pack.h"

namespace plumb::kernels {
void ConvS16Packed::PackDepthwise(const ConvS16Layer& layer) {
  const ConvS16Geometry& g = geometry_;
  const int64_t taps = g.depth(), block = kernel_.dw_block;
  panels_ = (g.out_channels + block - 1) / block;
  pairs_ = block_rows_ = 0;
  direct_ = false;
  weights_ = Tensor(DType::kS16, {parts_, panels_, taps, block * 2});
  start_ = Tensor(DType::kF64, {panels_, block});
  int16_t* const to = weights_.values<int16_t>().data();
  const int64_t part_size = weights_.size() / parts_;
  for (int64_t c = 0; c < g.out_channels; ++c) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      const SplitWeight w = Split(layer.weights[c * taps + tap], parts_);
      const int64_t at = ((c / block * taps + tap) * block + c % block) * 2;
      to[at] = w.low;
      if (parts_ == 2) {
        to[part_size + at] = w.high;
      }
    }
    start_.values<double>()[static_cast<size_t>(c)] =
        layer.bias != nullptr ? static_cast<double>(layer.bias[c]) : 0.0;
  }
}

void ConvS16Packed::RunRow(const int16_t* x, void* y, int64_t row, std::byte* scratch) const {
  const ConvS16Geometry& g = geometry_;
  const int64_t reach = (g.kernel_width - 1) * g.dilation_width;
  const int64_t begin = std::clamp<int64_t>(CeilDivide(g.pad_left, g.stride_width), 0, g.out_width);
  const int64_t end = std::clamp<int64_t>(
      CeilDivide(g.in_width - reach + g.pad_left, g.stride_width), begin, g.out_width);
  for (int64_t ox = 0; ox < g.out_width;) {
    const bool inside = ox >= begin && ox < end;
    const int64_t pixels = inside ? std::min(end - ox, kConvS16Pixels) : 1;
    RunSegment(x, y, row, ox, pixels, scratch);
    ox += pixels;
  }
}

void ConvS16Packed::RunSegment(const int16_t* x, void* y, int64_t row, int64_t ox, int64_t pixels,
                               std::byte* scratch) const {
  const ConvS16Geometry& g = geometry_;
  auto* const taps = reinterpret_cast<ConvS16Tap*>(scratch);
  auto* const acc = reinterpret_cast<double*>(
      scratch + RoundUp(g.depth() * static_cast<int64_t>(sizeof(ConvS16Tap)), 64));
  const int64_t block = kernel_.dw_block;
  auto* const real = reinterpret_cast<float*>(acc + kConvS16Pixels * block);
  const int64_t image = row / g.out_height;
  int64_t count = 0;
  for (int64_t ky = 0; ky < g.kernel_height; ++ky) {
    const int64_t iy = row % g.out_height * g.stride_height - g.pad_top + ky * g.dilation_height;
    for (int64_t kx = 0; kx < g.kernel_width; ++kx) {
      const int64_t ix = ox * g.stride_width - g.pad_left + kx * g.dilation_width;
      if (iy >= 0 && iy < g.in_height && ix >= 0 && ix < g.in_width) {
        taps[count++] = {x + ((image * g.in_height + iy) * g.in_width + ix) * g.in_channels,
                         ky * g.kernel_width + kx};
      }
    }
  }
  const int64_t part_size = weights_.size() / parts_;
  for (int64_t panel = 0; panel < panels_; ++panel) {
    const int64_t channels = std::min(block, g.out_channels - panel * block);
    const double* start = start_.values<double>().data() + panel * block;
    for (int64_t p = 0; p < pixels; ++p) {
      std::copy(start, start + block, acc + p * block);
    }
    for (int64_t first = 0; first < count; first += kConvS16Chunk) {
      for (int part = 0; part < parts_; ++part) {
        const int16_t* w =
            weights_.values<int16_t>().data() + part * part_size + panel * g.depth() * block * 2;
        kernel_.column({taps + first, std::min(kConvS16Chunk, count - first),
                        g.stride_width * g.in_channels, w, part == 0 ? 1.0 : 256.0, acc, pixels,
                        static_cast<int>(channels)});
      }
    }
    for (int64_t i = 0; i < count; ++i) {
      taps[i].x += block;
    }
    Finish(acc, block, pixels, panel * block, channels, row * g.out_width + ox, real, y);
  }
}

}  // namespace plumb::kernels
