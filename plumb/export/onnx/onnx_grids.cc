// 8-bit records other than sums of products: between float and grids, two tensors, means, tables.
#include <algorithm>
#include <cstdlib>

#include "plumb/export/onnx/onnx_dot.h"
#include "plumb/export/onnx/onnx_records.h"

namespace plumb::exporting {
namespace {

struct Grid {
  float scale;
  int32_t zero_point;
};

Result<Grid> OneGrid(const RecordExport& r, const artifact::TensorInfo& tensor) {
  const Quantization& q = tensor.quantization;
  if (q.empty() || q.per_channel() || tensor.dtype != DType::kS8) {
    return r.Refuse("tensor '", tensor.name, "' is ", DTypeName(tensor.dtype),
                    q.empty()         ? " without a grid"
                    : q.per_channel() ? " with a grid for each channel"
                                      : "",
                    "; expected s8 on one grid");
  }
  return Grid{q.scale[0], q.zero_point[0]};
}

bool OnGrid(const artifact::TensorInfo& tensor) { return !tensor.quantization.empty(); }

// Both operands in one order; the plain one where their ranks differ.
Order CommonOrder(const RecordExport& r) {
  const size_t rank = r.y().shape.size();
  Order order = PlainOrder(rank);
  bool found = false;
  for (int32_t tensor : r.record.inputs) {
    const artifact::TensorInfo& t = r.e.info(tensor);
    if (t.shape.size() != rank) {
      if (NumElements(t.shape) != 1) {
        return PlainOrder(rank);
      }
    } else if (!found && !r.e.IsConstant(tensor)) {
      order = r.e.OrderOf(tensor);
      found = true;
    }
  }
  return order;
}
Order OrderFor(const RecordExport& r, size_t input, const Order& order) {
  return r.x(input).shape.size() == order.size() ? order : PlainOrder(r.x(input).shape.size());
}

std::string WriteClampOf(const RecordExport& r, const std::string& y, const std::string& name) {
  const auto lo = r.record.attributes.Int("clamp_lo", -128);
  const auto hi = r.record.attributes.Int("clamp_hi", 127);
  if (lo <= -128 && hi >= 127) {
    return y;
  }
  OnnxGraph& g = r.e.graph;
  r.how.nodes += ", Clip";
  return g.Add("Clip",
               {y, g.Scalar(name + ".lo", static_cast<int8_t>(lo)),
                g.Scalar(name + ".hi", static_cast<int8_t>(hi))},
               name);
}

// y = ClampRound(t), of t in steps of the output: a division by 1 changes nothing.
void RoundTo(const RecordExport& r, const Order& order, const std::string& t, const Grid& grid) {
  const std::string name = r.e.NameOf(r.out());
  const bool clamped = r.record.attributes.Has("clamp_lo") || r.record.attributes.Has("clamp_hi");
  r.how.nodes += ", QuantizeLinear";
  const std::string y =
      r.e.Quantize(t, {1.0f}, {grid.zero_point}, DType::kS8, 0, clamped ? name + ".free" : name);
  r.e.Out(r.out(), order, WriteClampOf(r, y, name));
  r.Exact();
}

// A mean of numbers of at most 255 steps: a rounding for each, and a few more.
void StateMeanBound(const RecordExport& r, int64_t count) {
  r.WithinSteps(static_cast<double>(count + 8) * 0x1p-24 * 255 * r.x().quantization.scale[0] /
                r.y().quantization.scale[0]);
}

// Two tensors in float, rounded to the output's grid.
Status ArithmeticQdq(const RecordExport& r, const Order& order, std::string_view op) {
  const std::string name = r.e.NameOf(r.out());
  const std::string t = r.e.graph.Add(
      op, {r.e.Real(r.in(0), OrderFor(r, 0, order)), r.e.Real(r.in(1), OrderFor(r, 1, order))},
      name + ".t");
  r.how.nodes = StrCat(op, ", QuantizeLinear");
  const Quantization& grid = r.y().quantization;
  r.e.Out(r.out(), order,
          WriteClampOf(r,
                       r.e.Quantize(t, grid.scale, grid.zero_point, DType::kS8, 0,
                                    r.record.attributes.Has("clamp_lo") ||
                                            r.record.attributes.Has("clamp_hi")
                                        ? name + ".free"
                                        : name),
                       name));
  // Six roundings in all, each of what is at most that much.
  const double a = 255.0 * r.x(0).quantization.scale[0], b = 255.0 * r.x(1).quantization.scale[0];
  r.WithinSteps(6 * 0x1p-24 * (op == "Mul" ? a * b : a + b) / grid.scale[0]);
  return {};
}

}  // namespace

Status WriteArithmetic(const RecordExport& r) {
  if (!OnGrid(r.x(0)) && !OnGrid(r.x(1)) && !OnGrid(r.y())) {
    return WriteBinary(r);
  }
  PLUMB_ASSIGN_OR_RETURN(const Grid a, OneGrid(r, r.x(0)));
  PLUMB_ASSIGN_OR_RETURN(const Grid b, OneGrid(r, r.x(1)));
  PLUMB_ASSIGN_OR_RETURN(const Grid y, OneGrid(r, r.y()));
  Emitter& e = r.e;
  OnnxGraph& g = e.graph;
  const Order order = CommonOrder(r);
  const std::string name = e.NameOf(r.out());
  const bool product = r.how.op == "mul";
  const std::string_view op = product ? "Mul" : r.how.op == "add" ? "Add" : "Sub";
  if (r.qdq()) {
    return ArithmeticQdq(r, order, op);
  }
  const auto operand = [&](size_t i, const Grid& grid, float ratio) {
    return e.Scaled(e.In(r.in(i), OrderFor(r, i, order)), grid.zero_point, ratio,
                    StrCat(name, i == 0 ? ".a" : ".b"));
  };
  std::string t;
  if (product) {
    const float scales = a.scale * b.scale;
    t = g.Add("Mul", {operand(0, a, 1.0f), operand(1, b, 1.0f)}, name + ".products");
    t = g.Add("Mul", {t, g.Scalar(name + ".m", scales / y.scale)}, name + ".t");
  } else {
    t = g.Add(op, {operand(0, a, a.scale / y.scale), operand(1, b, b.scale / y.scale)},
              name + ".t");
  }
  r.how.nodes = StrCat("Sub, Mul by the ratios, ", op);
  RoundTo(r, order, t, y);
  return {};
}

Status WriteQuantize(const RecordExport& r) {
  if (r.y().dtype != DType::kS8 && r.y().dtype != DType::kU8) {
    return r.Refuse("output '", r.y().name, "' is ", DTypeName(r.y().dtype), "; ONNX of opset ",
                    kOnnxOpset, " quantizes to s8 and u8");
  }
  PLUMB_ASSIGN_OR_RETURN(const bool written, WriteQuantizedFunction(r));
  if (written) {
    r.Exact();
    return {};
  }
  const Order order = r.e.OrderOf(r.in(0));
  const std::vector<int64_t> perm = r.record.attributes.Ints("perm", PlainOrder(order.size()));
  r.e.OutReal(r.out(), OrderAfter(order, perm), r.e.In(r.in(0), order));
  r.how.nodes = "QuantizeLinear";
  r.Exact();
  return {};
}

Status WriteDequantize(const RecordExport& r) {
  if (r.x().dtype != DType::kS8 && r.x().dtype != DType::kU8) {
    return r.Refuse("input '", r.x().name, "' is ", DTypeName(r.x().dtype), "; ONNX of opset ",
                    kOnnxOpset, " dequantizes s8 and u8");
  }
  const Order order = r.e.OrderOf(r.in(0));
  r.e.Out(r.out(), order, r.e.Real(r.in(0), order));
  r.how.nodes = "DequantizeLinear";
  r.Exact();
  return {};
}

Status WriteTableRecord(const RecordExport& r) {
  if (r.record.inputs.size() != 2 || !r.e.IsConstant(r.in(1))) {
    return r.Refuse("expected a constant table as input 1");
  }
  const Order order = r.e.OrderOf(r.in(0));
  r.e.Out(
      r.out(), order,
      WriteTable(r.e, r.e.In(r.in(0), order), r.e.ConstantOf(r.in(1)), order, r.e.NameOf(r.out())));
  r.how.nodes = "Gather";
  r.Exact();
  return {};
}

Status WriteMean(const RecordExport& r) {
  Emitter& e = r.e;
  OnnxGraph& g = e.graph;
  const bool integer = OnGrid(r.x()) || OnGrid(r.y());
  const std::string name = e.NameOf(r.out());
  const Order order = e.OrderOf(r.in(0));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, r.record.attributes.RequireInts("axes"));
  const int64_t keep = r.record.attributes.Int("keepdims", 1);
  std::vector<int64_t> dimensions;
  int64_t count = 1;
  for (int64_t axis : axes) {
    dimensions.push_back(DimensionOf(order, axis));
    count *= r.x().shape[static_cast<size_t>(axis)];
  }
  std::sort(dimensions.begin(), dimensions.end());
  Order left;  // of the output
  for (int64_t axis : order) {
    if (keep != 0) {
      left.push_back(axis);
    } else if (std::find(axes.begin(), axes.end(), axis) == axes.end()) {
      left.push_back(
          axis - std::count_if(axes.begin(), axes.end(), [&](int64_t one) { return one < axis; }));
    }
  }
  if (!integer || r.qdq()) {
    e.OutReal(r.out(), left,
              g.Add("ReduceMean", {e.Real(r.in(0), order)}, integer ? name + ".mean" : name,
                    {{"axes", dimensions}, {"keepdims", keep}}));
    r.how.nodes = integer ? "ReduceMean, QuantizeLinear" : "ReduceMean";
    if (integer) {
      StateMeanBound(r, count);
    }
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(const Grid x, OneGrid(r, r.x()));
  PLUMB_ASSIGN_OR_RETURN(const Grid y, OneGrid(r, r.y()));
  if (count * 255 > (int64_t{1} << 24)) {
    return r.Refuse("means of ", count, " numbers; sums of up to ", (1 << 24) / 255,
                    " can be written exactly");
  }
  const std::string steps =
      e.Dequantize(e.In(r.in(0), order), {1.0f}, {x.zero_point}, DType::kS8, 0, name + ".steps");
  std::string t = g.Add("ReduceSum", {steps, g.Vector(name + ".axes", dimensions)}, name + ".sum",
                        {{"keepdims", keep}});
  t = g.Add("Div", {t, g.Scalar(name + ".count", static_cast<float>(count))}, name + ".mean");
  t = g.Add("Mul", {t, g.Scalar(name + ".m", x.scale / y.scale)}, name + ".t");
  r.how.nodes = "ReduceSum, Div, Mul";
  RoundTo(r, left, t, y);
  return {};
}

namespace {

// How many numbers each window of an average holds.
Tensor WindowCounts(const RecordExport& r, bool include_pad) {
  const Attributes& a = r.record.attributes;
  const Shape& in = r.x().shape;
  const Shape& out = r.y().shape;
  const std::vector<int64_t> kernel = a.Ints("kernel"), strides = a.Ints("strides", {1, 1});
  const std::vector<int64_t> pads = a.Ints("pads", {0, 0, 0, 0}),
                             dilations = a.Ints("dilations", {1, 1});
  const auto along = [&](size_t axis, int64_t at) {
    int64_t count = 0;
    const int64_t size = in[axis + 1], before = pads[axis], after = pads[axis + 2];
    for (int64_t k = 0; k < kernel[axis]; ++k) {
      const int64_t position = at * strides[axis] - before + k * dilations[axis];
      count += include_pad ? position >= -before && position < size + after
                           : position >= 0 && position < size;
    }
    return count;
  };
  Tensor counts(DType::kF32, {1, 1, out[1], out[2]});
  for (int64_t h = 0; h < out[1]; ++h) {
    for (int64_t w = 0; w < out[2]; ++w) {
      counts.values<float>()[static_cast<size_t>(h * out[2] + w)] =
          static_cast<float>(std::max<int64_t>(1, along(0, h) * along(1, w)));
    }
  }
  return counts;
}

}  // namespace

Status WriteAveragePool(const RecordExport& r) {
  Emitter& e = r.e;
  OnnxGraph& g = e.graph;
  const bool integer = OnGrid(r.x()) || OnGrid(r.y());
  const std::string name = e.NameOf(r.out());
  const Order& order = PictureOrder();
  Attributes window;
  PLUMB_ASSIGN_OR_RETURN(window, PoolWindow(r));
  const bool include_pad = r.record.attributes.Int("count_include_pad", 0) != 0;
  const bool dilated = r.record.attributes.Ints("dilations", {1, 1}) != std::vector<int64_t>{1, 1};
  if (!integer || r.qdq()) {
    if (dilated) {
      return r.Refuse("AveragePool of opset ", kOnnxOpset, " has no dilations");
    }
    window.Erase("dilations");
    window.Set("count_include_pad", int64_t{include_pad});
    e.OutReal(
        r.out(), order,
        g.Add("AveragePool", {e.Real(r.in(0), order)}, integer ? name + ".mean" : name, window));
    r.how.nodes = integer ? "AveragePool, QuantizeLinear" : "AveragePool";
    if (integer) {
      StateMeanBound(r, NumElements(r.record.attributes.Ints("kernel")));
    }
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(const Grid x, OneGrid(r, r.x()));
  PLUMB_ASSIGN_OR_RETURN(const Grid y, OneGrid(r, r.y()));
  const std::vector<int64_t> kernel = r.record.attributes.Ints("kernel");
  const int64_t channels = r.x().shape[3];
  if (kernel[0] * kernel[1] * 255 > (int64_t{1} << 24)) {
    return r.Refuse("means of ", kernel[0] * kernel[1], " numbers; sums of up to ", (1 << 24) / 255,
                    " can be written exactly");
  }
  // Sums over windows: a convolution with weights of 1, exact in binary32.
  const std::string steps =
      e.Dequantize(e.In(r.in(0), order), {1.0f}, {x.zero_point}, DType::kS8, 0, name + ".steps");
  Tensor ones(DType::kF32, {channels, 1, kernel[0], kernel[1]});
  std::fill(ones.values<float>().begin(), ones.values<float>().end(), 1.0f);
  window.Set("group", channels);
  std::string t =
      g.Add("Conv", {steps, g.Constant(name + ".ones", std::move(ones))}, name + ".sum", window);
  t = g.Add("Div", {t, g.Constant(name + ".count", WindowCounts(r, include_pad))}, name + ".mean");
  t = g.Add("Mul", {t, g.Scalar(name + ".m", x.scale / y.scale)}, name + ".t");
  r.how.nodes = "Conv with weights of 1, Div, Mul";
  RoundTo(r, order, t, y);
  return {};
}

}  // namespace plumb::exporting
