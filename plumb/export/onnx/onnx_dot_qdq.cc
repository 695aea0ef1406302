// conv and fully_connected as DequantizeLinear, the float operator, QuantizeLinear, with a bound of
// the difference that this makes.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "plumb/export/onnx/onnx_dot.h"
#include "plumb/export/onnx/onnx_functions.h"

namespace plumb::exporting {
namespace {

// The scales that the float operator's inputs are dequantized with.
struct RealScales {
  std::string x;               // the value
  std::vector<float> w, bias;  // [channels]
  std::vector<float> y;        // real numbers of a sum of 1, divided by m: [channels]
};

// What a step of t is worth: the output's scale where m holds it already, 1 where t is real.
std::vector<float> StepOfT(const DotLayer& l, float mid_scale) {
  const Quantization& y = l.grid;
  std::vector<float> step(l.m.size(), 1.0f);
  for (size_t c = 0; c < step.size(); ++c) {
    if (l.table) {
      step[c] = mid_scale;
    } else if (l.function == "none" && !y.empty()) {
      step[c] = y.scale[y.per_channel() ? c : 0];
    }
  }
  return step;
}

// s_w as it is stored where m follows from it, else the one that gives m.
RealScales ReadScales(const DotLayer& l, const std::vector<float>& step) {
  Emitter& e = l.r.e;
  RealScales s;
  s.y = step;
  const Quantization& x = l.r.x().quantization;
  const Quantization& w = l.r.x(1).quantization;
  const bool depthwise = l.is_conv && l.groups == l.channels && l.r.x().shape[3] == l.channels;
  const bool real_x = !x.per_channel() || depthwise;
  s.x = real_x
            ? e.Real(l.r.in(0), l.order)
            : e.Dequantize(e.In(l.r.in(0), l.order), std::vector<float>(x.zero_point.size(), 1.0f),
                           x.zero_point, DType::kS8, DimensionOf(l.order, x.axis),
                           e.NameOf(l.r.in(0), ".steps"));
  for (size_t c = 0; c < l.m.size(); ++c) {
    const float x_scale = !real_x ? 1.0f : x.scale[x.per_channel() ? c : 0];
    float w_scale = w.empty() ? 1.0f : w.scale[w.per_channel() ? c : 0];
    const float product = x_scale * w_scale;
    if (product / step[c] != l.m[c]) {
      const float real_m = l.m[c] * step[c];
      w_scale = real_m / x_scale;
    }
    s.w.push_back(w_scale);
    s.bias.push_back(x_scale * w_scale);
  }
  return s;
}

// By how much two ways of computing t of a channel differ at most: depth + 16 roundings, the stored
// m's and the conversion of the sum among them.
double ErrorOfT(const DotLayer& l, size_t c) {
  return static_cast<double>(l.depth + 16) * 0x1p-24 * 1.001 * l.LargestSum(c) * l.m[c];
}
int TableBound(const Tensor& table, int steps) {
  const auto values = table.values<int8_t>();
  int bound = 0;
  for (int i = 0; i < 256; ++i) {
    for (int j = i + 1; j <= std::min(255, i + steps); ++j) {
      bound = std::max(bound,
                       std::abs(values[static_cast<size_t>(i)] - values[static_cast<size_t>(j)]));
    }
  }
  return bound;
}

void StateBound(const DotLayer& l) {
  const Result<float> slope = l.function == "none" || l.table ? 1.0f : SlopeOf(l.r, l.function);
  const Quantization& y = l.grid;
  double largest = 0;
  RealError errors;
  for (size_t c = 0; c < l.m.size(); ++c) {
    double error = ErrorOfT(l, c);
    errors.by_channel.push_back(error);
    if (l.function != "none" && !l.table) {  // t and what f makes of it are real numbers
      error = slope.ok() ? error * *slope : HUGE_VAL;
      error = y.empty() ? error : error / y.scale[y.per_channel() ? c : 0] + 0x1p-11;
    }
    largest = std::max(largest, error);
  }
  if (y.empty()) {
    errors.known = l.function == "none" || slope.ok();
    for (double& one : errors.by_channel) {
      one *= slope.ok() ? *slope : 1.0f;
    }
    if (l.y_order != l.order) {  // channels are not the last axis
      errors.by_channel = {largest};
    }
    l.r.WithinReal(std::move(errors));
    return;
  }
  l.r.WithinSteps(largest);
  if (l.table && l.r.how.bound > 0) {
    l.r.Within(TableBound(l.r.e.ConstantOf(l.r.in(4)), l.r.how.bound));
  }
}

// The clamp before the rounding: between numbers of the grid, which rounding leaves where they are.
std::string WriteRealClamp(const DotLayer& l, const std::string& u) {
  const Quantization& grid = l.grid;
  OnnxGraph& g = l.r.e.graph;
  const std::string name = l.name + ".clamped";
  if (l.clamp_hi == 127 && l.clamp_lo == grid.zero_point[0]) {
    return g.Add("Relu", {u}, name);
  }
  const auto real = [&](int64_t q) {
    return static_cast<float>(q - grid.zero_point[0]) * grid.scale[0];
  };
  return g.Add(
      "Clip",
      {u, g.Scalar(name + ".min", real(l.clamp_lo)), g.Scalar(name + ".max", real(l.clamp_hi))},
      name);
}

}  // namespace

Status WriteDotQdq(const DotLayer& l) {
  Emitter& e = l.r.e;
  OnnxGraph& g = e.graph;
  const std::string& name = l.name;
  // The scale between layer and table stands in m alone.
  const Quantization& x_grid = l.r.x().quantization;
  const Quantization& w_grid = l.r.x(1).quantization;
  float mid_scale = 1.0f;
  if (l.table && !w_grid.empty() && l.m[0] > 0) {
    const float product = x_grid.scale[0] * w_grid.scale[0];
    mid_scale = std::isnormal(product / l.m[0]) ? product / l.m[0] : 1.0f;
  }
  const RealScales s = ReadScales(l, StepOfT(l, mid_scale));
  const std::vector<int32_t> zeros(l.m.size(), 0);
  const std::string w = e.Dequantize(WeightsOf(l), s.w, zeros, DType::kS8, l.is_conv ? 0 : 1,
                                     e.NameOf(l.r.in(1), ".real"));
  std::string bias;
  if (!l.bias.empty()) {
    bias = e.Dequantize(e.In(l.r.in(2), {0}), s.bias, zeros, DType::kS32, 0,
                        e.NameOf(l.r.in(2), ".real"));
  }
  std::string u;
  if (l.is_conv) {
    std::vector<std::string> inputs = {s.x, w};
    if (!bias.empty()) {
      inputs.push_back(bias);
    }
    u = g.Add("Conv", std::move(inputs), name + ".sums", l.window);
  } else {
    u = g.Add("MatMul", {s.x, w}, name + ".products");
    if (!bias.empty()) {
      u = g.Add("Add", {u, bias}, name + ".sums");
    }
  }
  l.r.how.nodes = l.is_conv ? "Conv" : "MatMul";
  StateBound(l);
  if (l.table) {
    const std::string mid =
        e.Quantize(u, {mid_scale}, {l.mid_zero_point}, DType::kS8, 0, name + ".mid");
    l.r.how.nodes += ", QuantizeLinear, Gather";
    OutRounded(l, WriteTable(e, mid, e.ConstantOf(l.r.in(4)), l.order, name));
    return {};
  }
  if (l.function != "none") {
    PLUMB_ASSIGN_OR_RETURN(u, WriteFunction(l.r, l.function, u, name + ".function"));
    l.r.how.nodes += ", " + l.function;
  } else if (l.clamp_lo > -128 || l.clamp_hi < 127) {
    if (l.grid.per_channel()) {
      OutRounded(l, WriteClamp(l, e.Quantize(u, l.grid.scale, l.grid.zero_point, DType::kS8,
                                             l.channel_dimension, name + ".free")));
      l.r.how.nodes += ", QuantizeLinear";
      return {};
    }
    u = WriteRealClamp(l, u);
  }
  if (l.grid.empty()) {
    e.Out(l.r.out(), l.y_order, u);
    return {};
  }
  l.r.how.nodes += ", QuantizeLinear";
  OutRounded(l,
             e.Quantize(u, l.grid.scale, l.grid.zero_point, DType::kS8, l.channel_dimension, name));
  return {};
}

}  // namespace plumb::exporting
