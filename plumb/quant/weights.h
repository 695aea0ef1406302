// Weights and biases of a dot operator (conv, fully_connected) as integers.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "plumb/base/quantization.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::quant {

// How many scales the weights of a layer have.
enum class WeightScales {
  kChannel,  // one an output channel
  kLayer,    // one for all, the coarsest of these
};
[[nodiscard]] Result<WeightScales> WeightScalesFromName(
    std::string_view name);  // "channel", "layer"
[[nodiscard]] std::string_view WeightScalesName(WeightScales scales);

// Element types of a product in integers: s8 activations have s8 weights, s16 ones s8 or s16.
struct ProductTypes {
  DType activations = DType::kS8;
  DType weights = DType::kS8;
  WeightScales scales = WeightScales::kChannel;
};

struct QuantizedWeights {
  Tensor weights;  // s8 in [-127, 127] or s16 in [-32767, 32767], the shape of the float weights
  Tensor bias;     // s32 [O] for s8 activations, s64 [O] for s16; scale input_scale * scale[o];
                   // zeros when the operator has none
  std::vector<float>
      scale;  // [O]; where the input's per-channel scales are folded into the weights, of the product
  bool kept_grid = false;  // the model's own weight grid was kept
};

// `weights`: f32, output channels first ([O, ...], C/groups last). `bias`: f32 [O] or nullptr. `input`: grid of the input.
//   s_w[o] = max(max|w[o]| / most, |b[o]| / (s_x * 2^30), 2^-40); w_q = rne(w / s_w); b_q = rne(b / (s_x * s_w[o]))
// with most = 127 or, for s16 weights, 32767, and 2^50 in place of 2^30 for s16 activations, whose sums have 53 bits.
// With an input grid per channel, a depthwise operator (one input channel an output) has s_x = input.scale[o]; any other
// gets the input scales folded in: w'[o, k, c] = w[o, k, c] * input.scale[c], and s_x = 1.
// `input_mean`: by input channel, what the calibration saw; empty: not used. Rounding the weights moves the mean of an output
// by sum((w - s_w * w_q) * mean); the bias takes it back.
// `stated`: the symmetric grid the weights lie on already (per tensor, or per channel on axis 0), or empty. It is kept when
// it reproduces the weights within [-most, most] and the bias fits.
// WeightScales::kLayer: every s_w[o] is the greatest of them; a stated grid is kept when it is per tensor and fits every
// channel.
[[nodiscard]] Result<QuantizedWeights> QuantizeWeights(const Tensor& weights, const Tensor* bias,
                                                       const Quantization& input, bool depthwise,
                                                       const Quantization& stated,
                                                       std::span<const double> input_mean,
                                                       int groups, const std::string& layer,
                                                       ProductTypes types);

}  // namespace plumb::quant
