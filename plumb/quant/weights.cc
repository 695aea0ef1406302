#include "plumb/quant/weights.h"

#include <algorithm>
#include <array>
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

// One output channel before its rounding.
struct Channel {
  std::vector<float> weights;  // with the input's scales folded in where they are
  float input_scale = 1;
  float bias = 0;
  float floor = 0;  // the least scale that the bias allows
  float scale = 0;  // of the weights, by their own range
  float kept = 0;   // the stated scale where it fits, else 0
};

bool LiesOnGrid(std::span<const float> weights, float scale, int32_t most) {
  return std::all_of(weights.begin(), weights.end(), [&](float w) {
    const float q = numerics::RoundTiesToEven(w / scale);
    return std::fabs(q) <= static_cast<float>(most) && q * scale == w;
  });
}

constexpr std::array<std::pair<WeightScales, std::string_view>, 2> kScales = {
    {{WeightScales::kChannel, "channel"}, {WeightScales::kLayer, "layer"}}};

}  // namespace

Result<WeightScales> WeightScalesFromName(std::string_view wanted) {
  for (const auto& [scales, name] : kScales) {
    if (name == wanted) {
      return scales;
    }
  }
  return UsageError("weight scales '", wanted, "' are not known; expected channel or layer");
}

std::string_view WeightScalesName(WeightScales scales) {
  return kScales[static_cast<size_t>(scales)].second;
}

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
  std::vector<int32_t> rounded(row);
  const auto read = [&](size_t o) -> Result<Channel> {
    const std::span<const float> from = weights.values<float>().subspan(o * row, row);
    Channel channel;
    channel.weights.resize(row);
    float largest = 0;
    for (size_t i = 0; i < row; ++i) {
      channel.weights[i] = fold ? from[i] * input.scale[i % channels] : from[i];
      if (!std::isfinite(channel.weights[i])) {
        return InvalidModel("layer '", layer, "': a weight of output channel ", o,
                            " is not finite (", channel.weights[i], ")");
      }
      largest = std::max(largest, std::fabs(channel.weights[i]));
    }
    channel.input_scale = fold ? 1.0f : input.per_channel() ? input.scale[o] : input.scale[0];
    channel.bias = bias == nullptr ? 0.0f : bias->values<float>()[o];
    if (!std::isfinite(channel.bias)) {
      return InvalidModel("layer '", layer, "': the bias of output channel ", o, " is not finite (",
                          channel.bias, ")");
    }
    channel.floor =
        std::max(std::fabs(channel.bias) / (channel.input_scale * limits.bias), kLeastScale);
    channel.scale = std::max(largest / static_cast<float>(limits.weight), channel.floor);
    const float stated_scale = fold ? 0.0f : StatedScale(stated, o);
    const bool fits = stated_scale >= channel.floor && stated_scale > 0 &&
                      LiesOnGrid(from, stated_scale, limits.weight);
    channel.kept = fits ? stated_scale : 0.0f;
    return channel;
  };
  float of_all = 0;  // kLayer: the one scale
  if (types.scales == WeightScales::kLayer) {
    bool keep = !stated.per_channel();
    float stated_scale = 0;
    for (size_t o = 0; o < outputs; ++o) {
      PLUMB_ASSIGN_OR_RETURN(const Channel channel, read(o));
      of_all = std::max(of_all, channel.scale);
      keep = keep && channel.kept > 0;
      stated_scale = channel.kept;
    }
    result.kept_grid = result.kept_grid && keep;
    of_all = keep ? stated_scale : of_all;
  }
  for (size_t o = 0; o < outputs; ++o) {
    const std::span<const float> from = weights.values<float>().subspan(o * row, row);
    PLUMB_ASSIGN_OR_RETURN(const Channel channel, read(o));
    const std::vector<float>& scaled = channel.weights;
    const float s_x = channel.input_scale;
    const float b = channel.bias;
    float s_w = channel.scale;
    if (types.scales == WeightScales::kLayer) {
      s_w = of_all;
    } else if (channel.kept > 0) {
      s_w = channel.kept;
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
