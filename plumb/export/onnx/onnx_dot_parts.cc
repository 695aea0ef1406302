// What both forms of an 8-bit conv or fully_connected share: the record, read; clamps, tables, residuals.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "plumb/export/onnx/onnx_dot.h"

namespace plumb::exporting {

bool OneZeroPoint(const Quantization& grid) {
  return std::all_of(grid.zero_point.begin(), grid.zero_point.end(),
                     [&](int32_t v) { return v == grid.zero_point[0]; });
}

namespace {

// The grid that the layer itself rounds to: its output's, or the one that a residual is added on.
Status ReadGrids(const RecordExport& r, DotLayer& l) {
  const Quantization& y = r.y().quantization;
  l.grid = y;
  l.name = r.e.NameOf(r.out());
  if (r.HasInput(5)) {
    const Quantization& residual = r.x(5).quantization;
    PLUMB_ASSIGN_OR_RETURN(const float scale, r.record.attributes.RequireFloat("own_scale"));
    const int64_t zero = r.record.attributes.Int("own_zero_point", 0);
    l.grid = {{scale}, {static_cast<int32_t>(zero)}, -1};
    l.name += ".own";
    if (residual.empty() || residual.per_channel() || y.empty() || y.per_channel()) {
      return r.Refuse("expected a residual and a sum on one grid each");
    }
  }
  if (r.x().quantization.empty() || (r.y().dtype == DType::kS8 && y.empty())) {
    return r.Refuse("expected grids of its 8-bit tensors");
  }
  return {};
}

}  // namespace

Result<DotLayer> ReadDotLayer(const RecordExport& r) {
  DotLayer l{r};
  Emitter& e = r.e;
  l.is_conv = r.how.op == "conv";
  const Shape& w = r.x(1).shape;
  if (r.record.inputs.size() < 4 || !r.HasInput(1) || !r.HasInput(3) || !e.IsConstant(r.in(1)) ||
      !e.IsConstant(r.in(3)) || (r.HasInput(2) && !e.IsConstant(r.in(2))) ||
      r.x(1).dtype != DType::kS8 || w.size() != (l.is_conv ? 4U : 2U)) {
    return r.Refuse("expected inputs x, w, bias and m with constant s8 weights of rank ",
                    l.is_conv ? 4 : 2);
  }
  l.order = l.is_conv ? PictureOrder() : PlainOrder(r.y().shape.size());
  l.y_order = r.record.attributes.String("output_layout", "nhwc") == "nchw"
                  ? PlainOrder(4)
                  : l.order;  // planes are what ONNX has
  l.channel_dimension = l.is_conv ? 1 : static_cast<int64_t>(r.y().shape.size()) - 1;
  l.channels = w[0];
  const Tensor m = e.ConstantOf(r.in(3));
  l.m.assign(m.values<float>().begin(), m.values<float>().end());
  if (r.HasInput(2)) {
    const Tensor bias = e.ConstantOf(r.in(2));
    l.bias.assign(bias.values<int32_t>().begin(), bias.values<int32_t>().end());
  }
  const Tensor weights = e.ConstantOf(r.in(1));
  const int64_t depth = l.channels == 0 ? 0 : weights.size() / l.channels;
  for (int64_t c = 0; c < l.channels; ++c) {
    int64_t sum = 0;
    for (int64_t k = 0; k < depth; ++k) {
      sum +=
          std::abs(static_cast<int>(weights.values<int8_t>()[static_cast<size_t>(c * depth + k)]));
    }
    l.weight_sum.push_back(sum);
  }
  l.depth = depth;
  l.function = r.record.attributes.String("function", "none");
  l.clamp_lo = r.record.attributes.Int("clamp_lo", -128);
  l.clamp_hi = r.record.attributes.Int("clamp_hi", 127);
  l.mid_zero_point = static_cast<int32_t>(r.record.attributes.Int("mid_zero_point", 0));
  if (l.is_conv) {
    const Attributes& a = r.record.attributes;
    const std::vector<int64_t> pads = a.Ints("pads", {0, 0, 0, 0});
    l.groups = a.Int("groups", 1);
    l.window = {{"kernel_shape", std::vector<int64_t>{w[1], w[2]}},
                {"strides", a.Ints("strides", {1, 1})},
                {"pads", pads},
                {"dilations", a.Ints("dilations", {1, 1})},
                {"group", l.groups}};
  }
  PLUMB_RETURN_IF_ERROR(ReadGrids(r, l));
  const Quantization& grid = r.x().quantization;
  l.one_zero_point = OneZeroPoint(grid);
  l.table = l.function == "table";
  if (l.table && (!r.HasInput(4) || !e.IsConstant(r.in(4)))) {
    return r.Refuse("expected a table as input 4");
  }
  return l;
}

float DotLayer::LargestSum(size_t c) const {
  const int64_t bias_part = bias.empty() ? 0 : std::abs(static_cast<int64_t>(bias[c]));
  return static_cast<float>(bias_part + 255 * weight_sum[c]) * 1.000001f;  // rounded up
}

std::string WeightsOf(const DotLayer& l) {
  return l.r.e.In(l.r.in(1), l.is_conv ? PictureOrder() : Order{1, 0});
}

bool MultiplierIs(const DotLayer& l, float x_scale, const std::vector<float>& w_scale,
                  float y_scale) {
  for (size_t c = 0; c < l.m.size(); ++c) {
    const float product = x_scale * w_scale[w_scale.size() == 1 ? 0 : c];
    const float m = product / y_scale;
    if (std::memcmp(&m, &l.m[c], sizeof(m)) != 0) {
      return false;
    }
  }
  return true;
}

std::string WriteClamp(const DotLayer& l, const std::string& y) {
  const std::string& name = l.name;
  l.r.how.nodes += ", Clip";
  OnnxGraph& g = l.r.e.graph;
  return g.Add("Clip",
               {y, g.Scalar(name + ".lo", static_cast<int8_t>(l.clamp_lo)),
                g.Scalar(name + ".hi", static_cast<int8_t>(l.clamp_hi))},
               name);
}

std::string WriteTable(Emitter& e, const std::string& x, const Tensor& table, const Order& order,
                       std::string_view output) {
  // The index is the byte itself: a negative one counts from the end.
  OnnxGraph& g = e.graph;
  std::vector<int8_t> turned(table.values<int8_t>().begin(), table.values<int8_t>().end());
  std::string at = e.Cast(x, DType::kS32, StrCat(output, ".index"));
  if (table.shape().size() == 1) {
    std::rotate(turned.begin(), turned.begin() + 128, turned.end());
  } else {
    Shape spread(order.size(), 1);
    const int64_t channels = table.shape()[0];
    spread[static_cast<size_t>(DimensionOf(order, static_cast<int64_t>(order.size()) - 1))] =
        channels;
    std::vector<int32_t> first;
    for (int64_t c = 0; c < channels; ++c) {
      first.push_back(static_cast<int32_t>(c * 256 + 128));
    }
    at =
        g.Add("Add", {at, g.Constant(StrCat(output, ".first"), Tensor::Of<int32_t>(spread, first))},
              StrCat(output, ".cell"));
  }
  return g.Add("Gather", {g.Vector(StrCat(output, ".table"), turned), at}, output);
}

// The rule of two tensors: t = (own - z) * m_own + (residual - z_r) * m, rounded to y's grid.
void OutRounded(const DotLayer& l, const std::string& value) {
  const RecordExport& r = l.r;
  Emitter& e = r.e;
  if (!r.HasInput(5)) {
    e.Out(r.out(), l.y_order, value);
    return;
  }
  const std::string name = e.NameOf(r.out());
  const Quantization& residual = r.x(5).quantization;
  const Quantization& y = r.y().quantization;
  const float own_ratio = l.grid.scale[0] / y.scale[0];
  const bool real = r.qdq();
  const std::string a =
      real ? e.Dequantize(value, l.grid.scale, l.grid.zero_point, DType::kS8, 0, name + ".a")
           : e.Scaled(value, l.grid.zero_point[0], own_ratio, name + ".a");
  const std::string b = real ? e.Real(r.in(5), l.y_order)
                             : e.Scaled(e.In(r.in(5), l.y_order), residual.zero_point[0],
                                        residual.scale[0] / y.scale[0], name + ".b");
  const std::string sum = e.graph.Add("Add", {a, b}, name + ".t");
  const int64_t lo = r.record.attributes.Int("sum_clamp_lo", -128);
  const int64_t hi = r.record.attributes.Int("sum_clamp_hi", 127);
  const bool clamped = lo > -128 || hi < 127;
  std::string out = e.Quantize(sum, real ? y.scale : std::vector<float>{1.0f}, y.zero_point,
                               DType::kS8, 0, clamped ? name + ".free" : name);
  r.how.nodes += ", Add, QuantizeLinear";
  if (clamped) {
    r.how.nodes += ", Clip";
    out = e.graph.Add("Clip",
                      {out, e.graph.Scalar(name + ".sum_lo", static_cast<int8_t>(lo)),
                       e.graph.Scalar(name + ".sum_hi", static_cast<int8_t>(hi))},
                      name);
  }
  e.Out(r.out(), l.y_order, out);
  if (real && r.how.bound > 0) {  // so many steps of the own grid, and a few roundings
    const double ratios = static_cast<double>(own_ratio) + residual.scale[0] / y.scale[0];
    r.WithinSteps(r.how.bound * static_cast<double>(own_ratio) + 6 * 0x1p-24 * 255 * ratios);
  }
}

}  // namespace plumb::exporting
