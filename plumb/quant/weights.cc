#include "plumb/quant/weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "plumb/numerics/requantize.h"

namespace plumb::quant {
namespace {

constexpr float kLeastScale = 0x1p-40f;

// What the element types of a product allow.
struct Limits {
  int32_t weight;         // greatest |w|
  int64_t input;          // greatest |x - z_x|
  float bias;             // greatest |b|, up to rounding
  int64_t sum;            // greatest |bias| + input * sum |w|
  std::string_view text;  // of `sum`
};
Limits LimitsOf(ProductTypes types) {
  const int32_t weight = types.weights == DType::kS16 ? 32767 : 127;
  if (types.activations == DType::kS16) {
    return {weight, 32768, 0x1p50f, int64_t{1} << 53, "2^53"};
  }
  return {weight, 255, 0x1p30f, std::numeric_limits<int32_t>::max(), "2^31 - 1"};
}

// The stated scale of channel o, or 0 when the grid is not usable.
float StatedScale(const Quantization& stated, size_t o) {
  if (stated.empty() || (stated.per_channel() && stated.axis != 0)) {
    return 0;
  }
  return stated.per_channel() ? stated.scale[o] : stated.scale[0];
}

bool LiesOnGrid(std::span<const float> weights, float scale, int32_t most) {
  return std::all_of(weights.begin(), weights.end(), [&](float w) {
    const float q = numerics::RoundTiesToEven(w / scale);
    return std::fabs(q) <= static_cast<float>(most) && q * scale == w;
  });
}

}  // namespace

Result<QuantizedWeights> QuantizeWeights(const Tensor& weights, const Tensor* bias,
                                         const Quantization& input, bool depthwise,
                                         const Quantization& stated,
                                         std::span<const double> input_mean, int groups,
                                         const std::string& layer, ProductTypes types) {
  const Limits limits = LimitsOf(types);
  const auto outputs = static_cast<size_t>(weights.shape()[0]);
  const size_t row = outputs == 0 ? 0 : static_cast<size_t>(weights.size()) / outputs;
  const auto channels = static_cast<size_t>(weights.shape().back());
  const bool fold = input.per_channel() && !depthwise;
  QuantizedWeights result;
  result.weights = Tensor(types.weights, weights.shape());
  const bool wide = types.activations == DType::kS16;
  result.bias = Tensor(wide ? DType::kS64 : DType::kS32, {static_cast<int64_t>(outputs)});
  result.kept_grid = !stated.empty() && !fold;
  std::vector<float> scaled(row);
  std::vector<int32_t> rounded(row);
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
    const float floor = std::max(std::fabs(b) / (s_x * limits.bias), kLeastScale);
    float s_w = std::max(largest / static_cast<float>(limits.weight), floor);
    if (const float kept = fold ? 0.0f : StatedScale(stated, o);
        kept >= floor && kept > 0 && LiesOnGrid(from, kept, limits.weight)) {
      s_w = kept;
    } else {
      result.kept_grid = false;
    }
    result.scale.push_back(s_w);
    int64_t bound = 0;  // of |x - z_x| * |w| over the sum
    for (size_t i = 0; i < row; ++i) {
      rounded[i] = numerics::Quantize(scaled[i], s_w, 0, -limits.weight, limits.weight);
      bound += limits.input * std::abs(rounded[i]);
    }
    if (types.weights == DType::kS16) {
      std::copy(rounded.begin(), rounded.end(), result.weights.values<int16_t>().data() + o * row);
    } else {
      std::copy(rounded.begin(), rounded.end(), result.weights.values<int8_t>().data() + o * row);
    }
    double shift = 0;
    if (!input_mean.empty()) {
      const size_t first =
          o / (outputs / static_cast<size_t>(groups)) * channels;  // of the group's input channels
      for (size_t i = 0; i < row; ++i) {
        const double in_x = fold ? static_cast<double>(input.scale[i % channels]) : 1.0;
        shift += (from[i] - static_cast<double>(s_w) * rounded[i] / in_x) *
                 input_mean[first + i % channels];
      }
      // The shift is small beside the bias' floor above, or the layer is beyond repair: then it is left alone.
      const double steps = shift / (static_cast<double>(s_x) * s_w);
      shift = std::isfinite(steps) && std::fabs(steps) < limits.bias / 2 ? shift : 0;
    }
    // In double: |b| / (s_x * s_w) reaches 2^30 or 2^50, beyond what binary32 counts exactly.
    const auto steps = static_cast<int64_t>(std::nearbyint(
        (static_cast<double>(b) + shift) / (static_cast<double>(s_x) * s_w)));  // ties to even
    if (wide) {
      result.bias.values<int64_t>()[o] = steps;
    } else {
      result.bias.values<int32_t>()[o] = static_cast<int32_t>(steps);
    }
    bound += std::abs(steps);
    if (bound > limits.sum) {
      return InvalidModel("layer '", layer, "': sums of output channel ", o, " can reach ", bound,
                          " over ", row, " products; expected at most ", limits.text,
                          ". Keep this layer in float: --keep-float '", layer, "'");
    }
  }
  return result;
}

}  // namespace plumb::quant
