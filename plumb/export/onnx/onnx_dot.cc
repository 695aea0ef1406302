// conv and fully_connected with 8-bit inputs: exact sums, then one of the ends of docs/arithmetic.md.
#include "plumb/export/onnx/onnx_dot.h"

#include <algorithm>
#include <cmath>

#include "plumb/export/onnx/onnx_functions.h"

namespace plumb::exporting {
namespace {

// Sums of integers up to this magnitude are exact in binary32, in any order, with or without FMA.
constexpr int64_t kExactInF32 = int64_t{1} << 24;

// The scales of a QLinearConv, so that its own (x_scale * w_scale) / y_scale is the stored m.
struct Scales {
  float x = 1;
  std::vector<float> w;
  float y = 1;
};

Scales ScalesOf(const DotLayer& l) {
  const Quantization& x = l.r.x().quantization;
  const Quantization& w = l.r.x(1).quantization;
  const Quantization& y = l.grid;
  if (!x.per_channel() && !w.empty() && l.channels > 0) {
    Scales stated{x.scale[0], w.scale, 0};
    stated.w.resize(static_cast<size_t>(l.channels), w.scale[0]);
    if (!l.table && !y.per_channel()) {
      stated.y = y.scale[0];
      if (MultiplierIs(l, stated.x, stated.w, stated.y)) {
        return stated;
      }
    }
    if (l.table) {  // the scale between layer and table is stored in m alone
      const float product = stated.x * stated.w[0];
      float candidate = product / l.m[0];
      for (int i = 0; i < 4; ++i) {
        candidate = std::nextafter(candidate, 0.0f);
      }
      for (int i = 0; i < 9; ++i, candidate = std::nextafter(candidate, INFINITY)) {
        if (std::isnormal(candidate) && MultiplierIs(l, stated.x, stated.w, candidate)) {
          stated.y = candidate;
          return stated;
        }
      }
    }
  }
  return {1.0f, l.m, 1.0f};
}

std::string LookUp(const DotLayer& l, const std::string& mid) {
  const Tensor table = l.r.e.ConstantOf(l.r.in(4));
  l.r.how.nodes += ", Gather";
  return WriteTable(l.r.e, mid, table, l.order, l.name);
}

// y = QLinearConv(x), and the table or the clamp behind it.
void WriteQLinear(const DotLayer& l) {
  Emitter& e = l.r.e;
  OnnxGraph& g = e.graph;
  const std::string& name = l.name;
  const Scales scales = ScalesOf(l);
  const int32_t y_zero = l.table ? l.mid_zero_point : l.grid.zero_point[0];
  std::vector<std::string> inputs = {
      e.In(l.r.in(0), l.order),
      g.Scalar(name + ".x_scale", scales.x),
      g.Scalar(name + ".x_zero_point", static_cast<int8_t>(l.r.x().quantization.zero_point[0])),
      WeightsOf(l),
      g.Vector(name + ".w_scale", scales.w),
      g.Vector(name + ".w_zero_point", std::vector<int8_t>(l.m.size(), 0)),
      g.Scalar(name + ".y_scale", scales.y),
      g.Scalar(name + ".y_zero_point", static_cast<int8_t>(y_zero))};
  if (!l.bias.empty()) {
    inputs.push_back(e.In(l.r.in(2), {0}));
  }
  l.r.how.nodes = "QLinearConv";
  const bool clamped = !l.table && (l.clamp_lo > -128 || l.clamp_hi < 127);
  std::string y =
      g.Add("QLinearConv", std::move(inputs), l.table || clamped ? name + ".mid" : name, l.window);
  if (l.table) {
    y = LookUp(l, y);
  } else if (clamped) {
    y = WriteClamp(l, y);
  }
  OutRounded(l, y);
  l.r.Exact();
}

// Sums of (x - z[c]) * w with a zero point for each channel: a float convolution of integers, where
// that is exact.
Result<std::string> WriteFloatSums(const DotLayer& l) {
  Emitter& e = l.r.e;
  OnnxGraph& g = e.graph;
  const std::string& name = l.name;
  const Quantization& grid = l.r.x().quantization;
  const int64_t x_dimension = DimensionOf(l.order, grid.axis);
  const std::string x =
      e.Dequantize(e.In(l.r.in(0), l.order), std::vector<float>(grid.zero_point.size(), 1.0f),
                   grid.zero_point, DType::kS8, x_dimension, name + ".x");
  const int64_t largest = *std::max_element(l.weight_sum.begin(), l.weight_sum.end());
  if (255 * largest > kExactInF32) {
    return l.r.Refuse("zero points that differ by input channel, and sums of up to ", 255 * largest,
                      "; up to ", kExactInF32,
                      " can be written exactly. Use --format onnx-qdq, or "
                      "convert with --dense-channel-ratio 1");
  }
  const std::string w = e.Cast(WeightsOf(l), DType::kF32, name + ".w");
  const std::string sums = l.is_conv ? g.Add("Conv", {x, w}, name + ".sums", l.window)
                                     : g.Add("MatMul", {x, w}, name + ".sums");
  l.r.how.nodes = l.is_conv ? "Conv of integers" : "MatMul of integers";
  return e.Cast(sums, DType::kS32, name + ".integers");
}

// t = float(acc) * m, of exact sums.
Result<std::string> WriteScaledSums(const DotLayer& l) {
  Emitter& e = l.r.e;
  OnnxGraph& g = e.graph;
  const std::string& name = l.name;
  std::string acc;
  if (l.one_zero_point) {
    const std::string zero =
        g.Scalar(name + ".x_zero_point", static_cast<int8_t>(l.r.x().quantization.zero_point[0]));
    const std::vector<std::string> inputs = {e.In(l.r.in(0), l.order), WeightsOf(l), zero};
    l.r.how.nodes = l.is_conv ? "ConvInteger" : "MatMulInteger";
    acc = g.Add(l.r.how.nodes, inputs, name + ".sums", l.window);
  } else {
    PLUMB_ASSIGN_OR_RETURN(acc, WriteFloatSums(l));
  }
  if (!l.bias.empty()) {
    acc = g.Add("Add", {acc, OfChannels(l, name + ".bias", l.bias)}, name + ".acc");
  }
  return g.Add("Mul", {e.Cast(acc, DType::kF32, name + ".float"), OfChannels(l, name + ".m", l.m)},
               name + ".t");
}

Status WriteExactly(const DotLayer& l) {
  Emitter& e = l.r.e;
  const std::string& name = l.name;
  const bool to_f32 = l.r.y().dtype == DType::kF32;
  const Quantization& grid = l.grid;
  if (l.is_conv && l.one_zero_point && !to_f32 &&
      (l.table || (l.function == "none" && OneZeroPoint(grid)))) {
    WriteQLinear(l);
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(const std::string t, WriteScaledSums(l));
  if (l.table) {
    const std::string mid = e.Quantize(t, {1.0f}, {l.mid_zero_point}, DType::kS8, 0, name + ".mid");
    l.r.how.nodes += ", QuantizeLinear";
    OutRounded(l, LookUp(l, mid));
    l.r.Exact();
    return {};
  }
  if (l.function == "none") {
    l.r.Exact();
    if (to_f32) {
      e.Out(l.r.out(), l.y_order, t);
      return {};
    }
    const bool clamped = l.clamp_lo > -128 || l.clamp_hi < 127;
    std::string y = e.Quantize(t, std::vector<float>(grid.zero_point.size(), 1.0f), grid.zero_point,
                               DType::kS8, l.channel_dimension, clamped ? name + ".free" : name);
    l.r.how.nodes += ", QuantizeLinear";
    OutRounded(l, clamped ? WriteClamp(l, y) : y);
    return {};
  }
  if (to_f32 || FunctionIsExact(l.function)) {
    PLUMB_ASSIGN_OR_RETURN(const std::string f,
                           WriteFunction(l.r, l.function, t, to_f32 ? name : name + ".function"));
    l.r.how.nodes += ", " + l.function;
    l.r.Exact();
    if (!FunctionIsExact(l.function)) {
      l.r.WithinReal(ErrorBehind(l.r, l.function, {}));
    }
    if (to_f32) {
      e.Out(l.r.out(), l.y_order, f);
    } else {
      OutRounded(l,
                 e.Quantize(f, grid.scale, grid.zero_point, DType::kS8, l.channel_dimension, name));
    }
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(const std::string y, WriteSteps(l, {l.r, l.function, grid, name}, t));
  OutRounded(l, y);
  l.r.how.nodes += ", comparisons";
  l.r.Exact();
  return {};
}

}  // namespace

Status WriteDotS8(const RecordExport& r) {
  PLUMB_ASSIGN_OR_RETURN(const DotLayer l, ReadDotLayer(r));
  return r.qdq() ? WriteDotQdq(l) : WriteExactly(l);
}

}  // namespace plumb::exporting
