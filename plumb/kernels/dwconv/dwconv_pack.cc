// A layer's constants in the order in which its kernel reads them.
#include <algorithm>
#include <cstdlib>

#include "plumb/base/rounding.h"
#include "plumb/kernels/dwconv/dwconv.h"

namespace plumb::kernels {
namespace {

// The pixels after which the constants repeat: as few lanes as possible stay empty, in no more than
// a few blocks.
int64_t PeriodPixels(int64_t channels, int64_t block, int64_t out_width) {
  constexpr int64_t kBlocks = 16;
  const int64_t most = std::max(kBlocks, (channels + block - 1) / block);
  int64_t best = 1;
  for (int64_t pixels = 1; pixels <= out_width; ++pixels) {
    const int64_t lanes = RoundUp(pixels * channels, block);
    if (lanes > most * block) {
      break;
    }
    if (lanes * best < RoundUp(best * channels, block) * pixels) {
      best = pixels;
    }
  }
  return best;
}

// Whether the rule of saturation gives the bits of the rule of clamping: no product reaches 2^31.
bool FitsSaturation(const DwConvLayer& layer) {
  const int64_t taps = layer.kernel_height * layer.kernel_width;
  for (int64_t c = 0; c < layer.channels; ++c) {
    const int64_t bound = AccumulatorBound(
        layer.weights + c * taps, layer.bias != nullptr ? layer.bias + c : nullptr, 1, taps);
    if (!(static_cast<float>(bound) * layer.end.multiplier[c] <= 0x1p30f)) {
      return false;
    }
  }
  return true;
}

void LookUpPlain(const int8_t* table, const int8_t* x, int8_t* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    y[i] = table[x[i] + 128];
  }
}

}  // namespace

DwConvPacked::DwConvPacked(const DwConvLayer& layer, const DwConvKernel& kernel)
    : layer_(layer), kernel_(kernel), end_(layer.end, layer.channels, kernel.isa) {
  if (layer_.x_pitch == 0) {
    layer_.x_pitch = layer_.channels;
  }
  const bool shared_rows = layer.stride_height == 1 && layer.dilation_height == 1;
  out_rows_ =
      shared_rows ? static_cast<int>(std::min<int64_t>(kernel.out_rows, layer.out_height)) : 1;
  tap_rows_ = layer.kernel_height + out_rows_ - 1;
  row_groups_ = (tap_rows_ + kernel.row_group - 1) / kernel.row_group;

  int64_t reach = 0;
  std::vector<int64_t> phase_of;
  for (int64_t kx = 0; kx < layer.kernel_width; ++kx) {
    const int64_t phase = kx * layer.dilation_width % layer.stride_width;
    reach = kx * layer.dilation_width / layer.stride_width;
    const auto found = std::find(phases_.begin(), phases_.end(), phase);
    phase_of.push_back(found - phases_.begin());
    if (found == phases_.end()) {
      phases_.push_back(phase);
    }
  }
  phase_pixels_ = layer.out_width + reach;
  for (int64_t kx = 0; kx < layer.kernel_width; ++kx) {
    offsets_.push_back((phase_of[static_cast<size_t>(kx)] * phase_pixels_ +
                        kx * layer.dilation_width / layer.stride_width) *
                       layer.channels);
  }
  // A vector read at the end of a row may reach beyond it.
  const auto phases = static_cast<int64_t>(phases_.size());
  row_bytes_ =
      RoundUp((phases * phase_pixels_ * layer.channels + kernel.block) * kernel.number_bytes, 64);

  const EndKind kind = layer.end.kind;
  if (FitsSaturation(layer)) {
    if (kind == EndKind::kRequantize || kind == EndKind::kTable) {
      kernel_end_ = DwConvEnd::kRequantize;
    } else if (kind == EndKind::kRealS8 && kernel.silu &&
               layer.end.function.known == KnownFunction::kSilu) {
      kernel_end_ = DwConvEnd::kSilu;
    }
  }
  if (kind == EndKind::kRequantize) {
    lo_ = static_cast<int8_t>(layer.end.clamp_lo);
    hi_ = static_cast<int8_t>(layer.end.clamp_hi);
  }
  constexpr int64_t kPart = 2048;  // sums that stay in the first cache
  period_pixels_ = PeriodPixels(layer.channels, kernel.block, layer.out_width);
  const int64_t period = period_pixels_ * layer.channels;
  part_pixels_ = kernel_end_ != DwConvEnd::kSums
                     ? std::max<int64_t>(1, layer.out_width)
                     : std::min(RoundUp(std::max<int64_t>(1, layer.out_width), period_pixels_),
                                std::max<int64_t>(1, kPart / period) * period_pixels_);
  blocks_ = (period + kernel.block - 1) / kernel.block;
  Pack(layer);
}

void DwConvPacked::Pack(const DwConvLayer& layer) {
  const int64_t block = kernel_.block, channels = layer.channels;
  const int64_t group_bytes = block * kernel_.row_group * kernel_.weight_bytes;
  block_bytes_ =
      RoundUp(4 * block * 4 + layer.kernel_width * row_groups_ * out_rows_ * group_bytes, 64);
  constants_ = Tensor(DType::kU8, {blocks_, block_bytes_});
  zero_points_ = Tensor(DType::kS8, {channels});
  for (int64_t c = 0; c < channels; ++c) {
    zero_points_.values<int8_t>()[static_cast<size_t>(c)] =
        static_cast<int8_t>(layer.x_zero_point[c]);
  }
  zero_row_ = Tensor(DType::kU8, {row_bytes_});
  kernel_.prepare(zero_points_.values<int8_t>().data(), 0,
                  static_cast<int64_t>(phases_.size()) * phase_pixels_, channels,
                  static_cast<std::byte*>(zero_row_.raw()));
  const EndKind kind = layer.end.kind;
  if (kind == EndKind::kTable) {
    table_ = Tensor::Of<int8_t>({256}, {layer.end.table, 256});
    look_up_ = layer.end.look_up != nullptr ? layer.end.look_up : LookUpPlain;
  }
  for (int64_t b = 0; b < blocks_; ++b) {  // lanes without a channel must not need care
    auto* scale =
        reinterpret_cast<float*>(static_cast<std::byte*>(constants_.raw()) + b * block_bytes_) +
        3 * block;
    std::fill(scale, scale + block, 1.0f);
  }
  const int64_t taps = layer.kernel_height * layer.kernel_width;
  for (int64_t number = 0; number < period_pixels_ * channels; ++number) {
    const int64_t c = number % channels;
    std::byte* at = static_cast<std::byte*>(constants_.raw()) + number / block * block_bytes_;
    const int position = kernel_.position(static_cast<int>(number % block));
    auto* start = reinterpret_cast<int32_t*>(at);
    auto* factor = reinterpret_cast<float*>(start + block);
    auto* zero = reinterpret_cast<int32_t*>(factor + block);
    auto* scale = reinterpret_cast<float*>(zero + block);
    std::byte* weights = reinterpret_cast<std::byte*>(scale + block);
    const int8_t* w = layer.weights + c * taps;
    int64_t sum = 0;
    for (int64_t tap = 0; tap < taps; ++tap) {
      sum += w[tap];
    }
    const int64_t bias = layer.bias != nullptr ? layer.bias[c] : 0;
    start[position] = static_cast<int32_t>(
        static_cast<uint32_t>(bias - (layer.x_zero_point[c] + kernel_.x_offset) * sum));
    factor[position] = layer.end.multiplier[c];
    zero[position] = kind == EndKind::kTable     ? layer.end.mid_zero_point
                     : kind != EndKind::kRealF32 ? layer.end.y_zero_point[c]
                                                 : 0;
    scale[position] = kind == EndKind::kRealS8 ? layer.end.y_scale[c] : 1.0f;
    for (int64_t kx = 0; kx < layer.kernel_width; ++kx) {
      for (int64_t row = 0; row < out_rows_; ++row) {
        for (int64_t ky = 0; ky < layer.kernel_height; ++ky) {
          const int64_t tap_row = ky + row;
          const int64_t group = (kx * row_groups_ + tap_row / kernel_.row_group) * out_rows_ + row;
          const int64_t i = position * kernel_.row_group + tap_row % kernel_.row_group;
          const int8_t value = w[ky * layer.kernel_width + kx];
          if (kernel_.weight_bytes == 1) {
            reinterpret_cast<int8_t*>(weights + group * group_bytes)[i] = value;
          } else {
            reinterpret_cast<int16_t*>(weights + group * group_bytes)[i] = value;
          }
        }
      }
    }
  }
}

size_t DwConvPacked::PackedBytes() const {
  return constants_.bytes() + zero_points_.bytes() + zero_row_.bytes() + table_.bytes() +
         end_.bytes();
}

}  // namespace plumb::kernels
