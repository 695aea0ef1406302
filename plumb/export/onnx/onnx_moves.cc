// Records that move elements and change none. In the QDQ form tensors of one grid are dequantized,
// moved and quantized again, which changes no element (arithmetic.md, A8); others are moved as they are.
#include <algorithm>
#include <limits>

#include "plumb/export/onnx/onnx_records.h"

namespace plumb::exporting {
namespace {

// The elements that came in, with what is known of their errors: of the largest, since channels may
// have become others.
void Same(const RecordExport& r) {
  const RealError before = r.ErrorOfInputs();
  if (before.none()) {
    r.Exact();
    return;
  }
  for (int32_t tensor : r.record.outputs) {
    r.e.error[tensor] =
        before.known
            ? RealError{true,
                        {*std::max_element(before.by_channel.begin(), before.by_channel.end())}}
            : before;
  }
}

// True when the tensors are moved as the real numbers that they stand for.
bool MovesReal(const RecordExport& r) {
  const Quantization& grid = r.y().quantization;
  const auto same = [&](int32_t tensor) {
    return tensor < 0 || r.e.info(tensor).dtype == DType::kS64 ||
           r.e.info(tensor).quantization == grid;
  };
  return r.qdq() && !grid.empty() && !grid.per_channel() &&
         std::all_of(r.record.inputs.begin(), r.record.inputs.end(), same) &&
         std::all_of(r.record.outputs.begin(), r.record.outputs.end(), same);
}

// A tensor to move, and the moved one.
std::string Moved(const RecordExport& r, size_t i, const Order& order) {
  return MovesReal(r) ? r.e.Real(r.in(i), order) : r.e.In(r.in(i), order);
}
std::string NameOfMoved(const RecordExport& r, size_t i = 0) {
  return r.e.NameOf(r.out(i), MovesReal(r) ? ".moved" : "");
}
void OutMoved(const RecordExport& r, const Order& order, const std::string& value, size_t i = 0) {
  MovesReal(r) ? r.e.OutReal(r.out(i), order, value) : r.e.Out(r.out(i), order, value);
  Same(r);
}

Status WriteOne(const RecordExport& r, std::string_view op, const Order& order,
                std::vector<std::string> parameters, Attributes attributes = {}) {
  parameters.insert(parameters.begin(), Moved(r, 0, order));
  OutMoved(r, order,
           r.e.graph.Add(op, std::move(parameters), NameOfMoved(r), std::move(attributes)));
  r.how.nodes = op;
  return {};
}

}  // namespace

Result<Attributes> PoolWindow(const RecordExport& r) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> kernel,
                         r.record.attributes.RequireInts("kernel", 2));
  const Attributes& a = r.record.attributes;
  // ONNX computes the output's size from the window; where the record's is another (rounded up), the
  // pads behind make up for it.
  std::vector<int64_t> pads = a.Ints("pads", {0, 0, 0, 0});
  const std::vector<int64_t> strides = a.Ints("strides", {1, 1}),
                             dilations = a.Ints("dilations", {1, 1});
  for (size_t d = 0; d < 2; ++d) {
    const int64_t reach = (kernel[d] - 1) * dilations[d] + 1;
    const int64_t needed =
        (r.y().shape[d + 1] - 1) * strides[d] + reach - r.x().shape[d + 1] - pads[d];
    if (needed > pads[d + 2]) {
      if (r.how.op != "max_pool" && a.Int("count_include_pad", 0) != 0) {
        return r.Refuse("an average that counts pads, with windows beyond them");
      }
      pads[d + 2] = needed;
    }
  }
  return Attributes{
      {"kernel_shape", kernel}, {"strides", strides}, {"pads", pads}, {"dilations", dilations}};
}

Status WriteMaxPool(const RecordExport& r) {
  PLUMB_ASSIGN_OR_RETURN(Attributes window, PoolWindow(r));
  return WriteOne(r, "MaxPool", PictureOrder(), {}, std::move(window));
}

Status WriteTranspose(const RecordExport& r) {
  const size_t rank = r.x().shape.size();
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> perm,
                         r.record.attributes.RequireInts("perm", rank));
  const Order order = r.e.OrderOf(r.in(0));
  const std::string value = r.e.In(r.in(0), order);
  r.e.Out(r.out(), OrderAfter(order, perm), value);
  r.how.nodes = "none: another order of the same value";
  Same(r);
  return {};
}

Status WriteReshape(const RecordExport& r) {
  const std::string value =
      r.e.graph.Add("Reshape",
                    {Moved(r, 0, PlainOrder(r.x().shape.size())),
                     r.e.graph.Vector(r.e.NameOf(r.out(), ".shape"), r.y().shape)},
                    NameOfMoved(r), {{"allowzero", int64_t{1}}});
  OutMoved(r, PlainOrder(r.y().shape.size()), value);
  r.how.nodes = "Reshape";
  return {};
}

Status WriteConcat(const RecordExport& r) {
  const size_t rank = r.y().shape.size();
  const int64_t axis = r.record.attributes.Int("axis", 0);
  Order order = PlainOrder(rank);
  for (int32_t tensor : r.record.inputs) {
    if (!r.e.IsConstant(tensor)) {
      order = r.e.OrderOf(tensor);
      break;
    }
  }
  std::vector<std::string> parts;
  for (size_t i = 0; i < r.record.inputs.size(); ++i) {
    parts.push_back(Moved(r, i, order));
  }
  const int64_t plain = axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
  OutMoved(r, order,
           r.e.graph.Add("Concat", std::move(parts), NameOfMoved(r),
                         {{"axis", DimensionOf(order, plain)}}));
  r.how.nodes = "Concat";
  return {};
}

Status WriteSplit(const RecordExport& r) {
  const size_t rank = r.x().shape.size();
  const int64_t axis = r.record.attributes.Int("axis", 0);
  const int64_t plain = axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
  const Order order = r.e.OrderOf(r.in(0));
  std::vector<int64_t> sizes;
  std::vector<std::string> names;
  for (size_t i = 0; i < r.record.outputs.size(); ++i) {
    sizes.push_back(r.y(i).shape[static_cast<size_t>(plain)]);
    names.push_back(NameOfMoved(r, i));
  }
  const std::vector<std::string> parts =
      r.e.graph.AddMany("Split", {Moved(r, 0, order), r.e.graph.Vector(names[0] + ".sizes", sizes)},
                        names, {{"axis", DimensionOf(order, plain)}});
  for (size_t i = 0; i < parts.size(); ++i) {
    OutMoved(r, order, parts[i], i);
  }
  r.how.nodes = "Split";
  return {};
}

Status WriteSlice(const RecordExport& r) {
  const size_t rank = r.x().shape.size();
  PLUMB_ASSIGN_OR_RETURN(const auto starts, r.record.attributes.RequireInts("starts", rank));
  PLUMB_ASSIGN_OR_RETURN(const auto steps, r.record.attributes.RequireInts("steps", rank));
  const Order order = r.e.OrderOf(r.in(0));
  std::vector<int64_t> first, last, axes, step;
  for (size_t d = 0; d < rank; ++d) {
    const int64_t count = r.y().shape[d];
    if (starts[d] == 0 && steps[d] == 1 && count == r.x().shape[d]) {
      continue;
    }
    const int64_t end = starts[d] + (count - 1) * steps[d] + (steps[d] < 0 ? -1 : 1);
    first.push_back(starts[d]);
    last.push_back(count == 0 ? starts[d] : end < 0 ? std::numeric_limits<int64_t>::min() : end);
    axes.push_back(DimensionOf(order, static_cast<int64_t>(d)));
    step.push_back(steps[d]);
  }
  OnnxGraph& g = r.e.graph;
  const std::string name = r.e.NameOf(r.out());
  return WriteOne(r, "Slice", order,
                  {g.Vector(name + ".starts", first), g.Vector(name + ".ends", last),
                   g.Vector(name + ".axes", axes), g.Vector(name + ".steps", step)});
}

Status WriteExpand(const RecordExport& r) {
  const std::string value =
      r.e.graph.Add("Expand",
                    {Moved(r, 0, PlainOrder(r.x().shape.size())),
                     r.e.graph.Vector(r.e.NameOf(r.out(), ".shape"), r.y().shape)},
                    NameOfMoved(r));
  OutMoved(r, PlainOrder(r.y().shape.size()), value);
  r.how.nodes = "Expand";
  return {};
}

Status WriteTile(const RecordExport& r) {
  const Order order = r.e.OrderOf(r.in(0));
  std::vector<int64_t> repeats;
  for (int64_t axis : order) {
    const auto d = static_cast<size_t>(axis);
    repeats.push_back(r.x().shape[d] == 0 ? 1 : r.y().shape[d] / r.x().shape[d]);
  }
  return WriteOne(r, "Tile", order, {r.e.graph.Vector(r.e.NameOf(r.out(), ".repeats"), repeats)});
}

Status WritePad(const RecordExport& r) {
  const size_t rank = r.x().shape.size();
  PLUMB_ASSIGN_OR_RETURN(const auto pads, r.record.attributes.RequireInts("pads", 2 * rank));
  const std::string mode = r.record.attributes.String("mode", "constant");
  if (mode == "wrap") {
    return r.Refuse("Pad of opset ", kOnnxOpset, " has no mode wrap");
  }
  const Order order = r.e.OrderOf(r.in(0));
  std::vector<int64_t> turned(2 * rank);
  for (size_t i = 0; i < rank; ++i) {
    turned[i] = pads[static_cast<size_t>(order[i])];
    turned[rank + i] = pads[rank + static_cast<size_t>(order[i])];
  }
  Emitter& e = r.e;
  const std::string name = e.NameOf(r.out());
  std::vector<std::string> inputs = {e.In(r.in(0), order), e.graph.Vector(name + ".pads", turned)};
  if (mode == "constant" && r.HasInput(1)) {
    const std::string value = e.In(r.in(1), PlainOrder(r.x(1).shape.size()));
    inputs.push_back(e.graph.Add("Reshape",
                                 {value, e.graph.Vector(name + ".scalar", std::vector<int64_t>{})},
                                 name + ".value"));
  } else if (mode == "constant" && r.y().dtype == DType::kS8 && !r.y().quantization.empty()) {
    inputs.push_back(
        e.graph.Scalar(name + ".value", static_cast<int8_t>(r.y().quantization.zero_point[0])));
  }
  e.Out(r.out(), order, e.graph.Add("Pad", std::move(inputs), name, {{"mode", mode}}));
  r.how.nodes = "Pad";
  r.Exact();
  return {};
}

Status WriteDepthToSpace(const RecordExport& r) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t block, r.record.attributes.RequireInt("block"));
  return WriteOne(r, "DepthToSpace", PictureOrder(), {},
                  {{"blocksize", block}, {"mode", r.record.attributes.String("mode", "DCR")}});
}

Status WriteSpaceToDepth(const RecordExport& r) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t b, r.record.attributes.RequireInt("block"));
  OnnxGraph& g = r.e.graph;
  const Shape& y = r.y().shape;
  const int64_t channels = r.x().shape[3];
  const std::string name = r.e.NameOf(r.out());
  std::string value = g.Add("Reshape",
                            {Moved(r, 0, PlainOrder(4)),
                             g.Vector(name + ".blocks", Shape{y[0], y[1], b, y[2], b, channels})},
                            name + ".blocked");
  value = g.Add("Transpose", {value}, name + ".gathered",
                {{"perm", std::vector<int64_t>{0, 1, 3, 2, 4, 5}}});
  OutMoved(r, PlainOrder(4),
           g.Add("Reshape", {value, g.Vector(name + ".shape", y)}, NameOfMoved(r)));
  r.how.nodes = "Reshape, Transpose, Reshape";
  return {};
}

Status WriteGather(const RecordExport& r) {
  const std::string indices = r.e.In(r.in(1), PlainOrder(r.x(1).shape.size()));
  Attributes attributes = r.record.attributes;
  const std::string_view op = r.how.op == "gather"            ? "Gather"
                              : r.how.op == "gather_elements" ? "GatherElements"
                                                              : "GatherND";
  const std::string value =
      r.e.graph.Add(op, {Moved(r, 0, PlainOrder(r.x().shape.size())), indices}, NameOfMoved(r),
                    std::move(attributes));
  OutMoved(r, PlainOrder(r.y().shape.size()), value);
  r.how.nodes = op;
  return {};
}

Status WriteResize(const RecordExport& r) {
  const Attributes& a = r.record.attributes;
  const Shape& in = r.x().shape;
  const Shape& out = r.y().shape;
  const std::string mode = a.String("mode", "nearest");
  const std::vector<float> scales = a.Floats("scales");
  const std::vector<float> roi = a.Floats("roi");
  const std::string coordinates = a.String("coordinate_transformation_mode", "half_pixel");
  if (a.Int("antialias", 0) != 0 || coordinates == "half_pixel_symmetric") {
    return r.Refuse("Resize of opset ", kOnnxOpset,
                    " has no antialiasing and no half_pixel_symmetric");
  }
  const bool picture = in.size() == 4;
  const Order order = picture ? PictureOrder() : PlainOrder(in.size());
  std::vector<float> turned, regions(2 * in.size());
  bool whole = mode == "nearest";
  for (size_t i = 0; i < in.size(); ++i) {
    const auto d = static_cast<size_t>(order[i]);
    const float scale =
        scales.empty() ? static_cast<float>(out[d]) / static_cast<float>(in[d]) : scales[d];
    turned.push_back(scale);
    whole =
        whole && in[d] > 0 && scale == static_cast<float>(out[d] / in[d]) && out[d] % in[d] == 0;
    if (!roi.empty()) {
      regions[i] = roi[d];
      regions[in.size() + i] = roi[in.size() + d];
    }
  }
  const bool integer = r.y().dtype != DType::kF32;
  if (integer && !whole) {
    return r.Refuse(
        "integers resized by other than whole factors: the coordinates of ONNX Runtime may be "
        "rounded to other elements");
  }
  OnnxGraph& g = r.e.graph;
  const std::string name = r.e.NameOf(r.out());
  PLUMB_RETURN_IF_ERROR(WriteOne(
      r, "Resize", order,
      {roi.empty() ? "" : g.Vector(name + ".roi", regions), g.Vector(name + ".scales", turned)},
      {{"mode", mode},
       {"coordinate_transformation_mode", coordinates},
       {"nearest_mode", a.String("nearest_mode", "round_prefer_floor")},
       {"cubic_coeff_a", a.Float("cubic_coeff_a", -0.75f)},
       {"exclude_outside", a.Int("exclude_outside", 0)},
       {"extrapolation_value", a.Float("extrapolation_value", 0.0f)}}));
  r.how.exact = whole;
  return {};
}

}  // namespace plumb::exporting
