#include "plumb/quant/weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "plumb/numerics/requantize.h"

namespace plumb::quant {
namespace {

constexpr float kLeastScale = 0x1p-40f;
constexpr float kBiasBound = 0x1p30f;

int8_t RoundWeight(float w, float scale) {
  return static_cast<int8_t>(numerics::Quantize(w, scale, 0, -127, 127));
}

// The stated scale of channel o, or 0 when the grid is not usable.
float StatedScale(const Quantization& stated, size_t o) {
  if (stated.empty() || (stated.per_channel() && stated.axis != 0)) {
    return 0;
  }
  return stated.per_channel() ? stated.scale[o] : stated.scale[0];
}

bool LiesOnGrid(std::span<const float> weights, float scale) {
  return std::all_of(weights.begin(), weights.end(), [&](float w) {
    const float q = numerics::RoundTiesToEven(w / scale);
    return std::fabs(q) <= 127.0f && q * scale == w;
  });
}

}  // namespace

Result<QuantizedWeights> QuantizeWeights(const Tensor& weights, const Tensor* bias,
                                         const Quantization& input, bool depthwise,
                                         const Quantization& stated,
                                         std::span<const double> input_mean, int groups,
                                         const std::string& layer) {
  const auto outputs = static_cast<size_t>(weights.shape()[0]);
  const size_t row = outputs == 0 ? 0 : static_cast<size_t>(weights.size()) / outputs;
  const auto channels = static_cast<size_t>(weights.shape().back());
  const bool fold = input.per_channel() && !depthwise;
  QuantizedWeights result;
  result.weights = Tensor(DType::kS8, weights.shape());
  result.bias = Tensor(DType::kS32, {static_cast<int64_t>(outputs)});
  result.kept_grid = !stated.empty() && !fold;
  std::vector<float> scaled(row);
  for (size_t o = 0; o < outputs; ++o) {
    const std::span<const float> from = weights.values<float>().subspan(o * row, row);
    for (size_t i = 0; i < row; ++i) {
      scaled[i] = fold ? from[i] * input.scale[i % channels] : from[i];
      if (!std::isfinite(scaled[i])) {
        return InvalidModel("layer '", layer, "': a weight of output channel ", o,
                            " is not finite (", scaled[i], ")");
      }
    }
    float largest = 0;
    for (float w : scaled) {
      largest = std::max(largest, std::fabs(w));
    }
    const float s_x = fold ? 1.0f : input.per_channel() ? input.scale[o] : input.scale[0];
    const float b = bias == nullptr ? 0.0f : bias->values<float>()[o];
    if (!std::isfinite(b)) {
      return InvalidModel("layer '", layer, "': the bias of output channel ", o, " is not finite (",
                          b, ")");
    }
    const float floor = std::max(std::fabs(b) / (s_x * kBiasBound), kLeastScale);
    float s_w = std::max(largest / 127.0f, floor);
    if (const float kept = fold ? 0.0f : StatedScale(stated, o);
        kept >= floor && kept > 0 && LiesOnGrid(from, kept)) {
      s_w = kept;
    } else {
      result.kept_grid = false;
    }
    result.scale.push_back(s_w);
    int8_t* to = result.weights.values<int8_t>().data() + o * row;
    for (size_t i = 0; i < row; ++i) {
      to[i] = RoundWeight(scaled[i], s_w);
    }
    int64_t bound = 0;  // of |x - z_x| * |w| over the sum
    for (size_t i = 0; i < row; ++i) {
      bound += 255 * std::abs(static_cast<int>(to[i]));
    }
    double shift = 0;
    if (!input_mean.empty()) {
      const size_t first =
          o / (outputs / static_cast<size_t>(groups)) * channels;  // of the group's input channels
      for (size_t i = 0; i < row; ++i) {
        const double in_x = fold ? static_cast<double>(input.scale[i % channels]) : 1.0;
        shift +=
            (from[i] - static_cast<double>(s_w) * to[i] / in_x) * input_mean[first + i % channels];
      }
      // The shift is small beside the bias' floor above, or the layer is beyond repair: then it is left alone.
      const double steps = shift / (static_cast<double>(s_x) * s_w);
      shift = std::isfinite(steps) && std::fabs(steps) < kBiasBound / 2 ? shift : 0;
    }
    // In double: |b| / (s_x * s_w) reaches 2^30, beyond what binary32 counts exactly.
    result.bias.values<int32_t>()[o] = static_cast<int32_t>(std::nearbyint(
        (static_cast<double>(b) + shift) / (static_cast<double>(s_x) * s_w)));  // ties to even
    bound += std::abs(static_cast<int64_t>(result.bias.values<int32_t>()[o]));
    if (bound > std::numeric_limits<int32_t>::max()) {
      return InvalidModel(
          "layer '", layer, "': sums of output channel ", o, " can reach ", bound, " over ", row,
          " products; expected at most 2^31 - 1. Keep this layer in float: --keep-float '", layer,
          "'");
    }
  }
  return result;
}

}  // namespace plumb::quant
