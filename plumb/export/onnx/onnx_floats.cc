// Float records: the ONNX operator of the same meaning. Equal to within rounding: sums may be added in
// another order, functions have other last bits. Records that pick among the integers of one grid pick
// among the real numbers, which come in the same order (arithmetic.md, A8).
#include <algorithm>

#include "plumb/export/onnx/onnx_dot.h"
#include "plumb/export/onnx/onnx_functions.h"

namespace plumb::exporting {
namespace {

Status RefuseGrids(const RecordExport& r) {
  for (const auto* list : {&r.record.inputs, &r.record.outputs}) {
    for (int32_t tensor : *list) {
      if (tensor >= 0 && !r.e.info(tensor).quantization.empty()) {
        return r.Refuse("integers on a grid (tensor '", r.e.info(tensor).name,
                        "') in a record that the exporter writes in float only");
      }
    }
  }
  return {};
}

// The order for an elementwise record: that of its first computed input, if all have one rank.
Order OrderOfAll(const RecordExport& r) {
  const size_t rank = r.y().shape.size();
  const int32_t* computed = nullptr;
  for (const int32_t& tensor : r.record.inputs) {
    const artifact::TensorInfo& t = r.e.info(tensor);
    if (t.shape.size() != rank && NumElements(t.shape) != 1) {
      return PlainOrder(rank);
    }
    if (t.shape.size() == rank && computed == nullptr && !r.e.IsConstant(tensor)) {
      computed = &tensor;
    }
  }
  return computed == nullptr ? PlainOrder(rank) : r.e.OrderOf(*computed);
}

Status WriteElementwise(const RecordExport& r, std::string_view op) {
  const Order order = OrderOfAll(r);
  std::vector<std::string> inputs;
  for (size_t i = 0; i < r.record.inputs.size(); ++i) {
    const size_t rank = r.x(i).shape.size();
    inputs.push_back(r.e.Real(r.in(i), rank == order.size() ? order : PlainOrder(rank)));
  }
  const bool integer = !r.y().quantization.empty();
  r.e.OutReal(r.out(), order,
              r.e.graph.Add(op, std::move(inputs), r.e.NameOf(r.out(), integer ? ".picked" : "")));
  r.how.nodes = op;
  return {};
}

struct BinaryRow {
  std::string_view op, onnx;
  bool exact;
  bool picks;  // of integers on one grid too
};
constexpr BinaryRow kBinary[] = {
    {"add", "Add", true, false},
    {"sub", "Sub", true, false},
    {"mul", "Mul", true, false},
    {"div", "Div", true, false},
    {"min", "Min", true, true},
    {"max", "Max", true, true},
    {"pow", "Pow", false, false},
    {"prelu", "PRelu", true, false},
    {"equal", "Equal", true, true},
    {"less", "Less", true, true},
    {"greater", "Greater", true, true},
    {"less_or_equal", "LessOrEqual", true, true},
    {"greater_or_equal", "GreaterOrEqual", true, true},
    {"and", "And", true, false},
    {"or", "Or", true, false},
    {"xor", "Xor", true, false},
    {"where", "Where", true, true},
};

struct ReduceRow {
  std::string_view op, onnx;
};
constexpr ReduceRow kReduce[] = {
    {"reduce_prod", "ReduceProd"},      {"reduce_max", "ReduceMax"},
    {"reduce_min", "ReduceMin"},        {"reduce_l1", "ReduceL1"},
    {"reduce_l2", "ReduceL2"},          {"reduce_sum_square", "ReduceSumSquare"},
    {"reduce_log_sum", "ReduceLogSum"}, {"reduce_log_sum_exp", "ReduceLogSumExp"}};

// The function that a float conv or fully_connected ends with.
Status OutWithFunction(const RecordExport& r, const Order& order, std::string value) {
  const std::string function = r.record.attributes.String("function", "none");
  if (function != "none") {
    PLUMB_ASSIGN_OR_RETURN(value, WriteFunction(r, function, value, r.e.NameOf(r.out())));
    r.how.nodes += ", " + function;
  }
  r.e.Out(r.out(), order, value);
  return {};
}
std::string NameBefore(const RecordExport& r) {
  return r.e.NameOf(r.out(),
                    r.record.attributes.String("function", "none") == "none" ? "" : ".sums");
}

}  // namespace

Status WriteBinary(const RecordExport& r) {
  const auto* row = std::find_if(std::begin(kBinary), std::end(kBinary),
                                 [&](const BinaryRow& one) { return one.op == r.how.op; });
  if (row == std::end(kBinary)) {
    return r.Refuse("the exporter does not know it");
  }
  if (!row->picks) {
    PLUMB_RETURN_IF_ERROR(RefuseGrids(r));
  }
  PLUMB_RETURN_IF_ERROR(WriteElementwise(r, row->onnx));
  r.how.exact = row->exact;
  return {};
}

Status WriteUnary(const RecordExport& r) {
  PLUMB_RETURN_IF_ERROR(RefuseGrids(r));
  if (r.x().dtype != DType::kF32 && r.x().dtype != DType::kBool) {
    return r.Refuse("its input is ", DTypeName(r.x().dtype), "; expected f32");
  }
  const Order order = r.e.OrderOf(r.in(0));
  PLUMB_ASSIGN_OR_RETURN(const std::string y,
                         WriteFunction(r, r.how.op, r.e.In(r.in(0), order), r.e.NameOf(r.out())));
  r.e.Out(r.out(), order, y);
  r.how.nodes = r.how.op;
  r.how.exact = FunctionIsExact(r.how.op);
  if (RealError error = r.ErrorOfInputs(); !error.none() || !r.how.exact) {
    r.WithinReal(ErrorBehind(r, r.how.op, std::move(error)));
  }
  return {};
}

Status WriteCast(const RecordExport& r) {
  PLUMB_RETURN_IF_ERROR(RefuseGrids(r));
  const Order order = r.e.OrderOf(r.in(0));
  r.e.Out(r.out(), order, r.e.Cast(r.e.In(r.in(0), order), r.y().dtype, r.e.NameOf(r.out())));
  r.how.nodes = "Cast";
  return {};
}

Status WriteSoftmax(const RecordExport& r) {
  PLUMB_RETURN_IF_ERROR(RefuseGrids(r));
  const Order order = r.e.OrderOf(r.in(0));
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, r.record.attributes.RequireInt("axis"));
  const std::string_view op = r.how.op == "softmax" ? "Softmax" : "LogSoftmax";
  r.e.Out(r.out(), order,
          r.e.graph.Add(op, {r.e.In(r.in(0), order)}, r.e.NameOf(r.out()),
                        {{"axis", DimensionOf(order, axis)}}));
  r.how.nodes = op;
  return {};
}

Status WriteReduce(const RecordExport& r) {
  const bool picks = r.how.op == "reduce_max" || r.how.op == "reduce_min";
  if (!picks) {
    PLUMB_RETURN_IF_ERROR(RefuseGrids(r));
  }
  const Order order = PlainOrder(r.x().shape.size());
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, r.record.attributes.RequireInts("axes"));
  const int64_t keep = r.record.attributes.Int("keepdims", 1);
  const std::string name = r.e.NameOf(r.out());
  std::vector<std::string> inputs = {r.e.Real(r.in(0), order)};
  Attributes attributes{{"keepdims", keep}};
  std::string_view op = "ReduceSum";
  if (r.how.op == "reduce_sum") {  // the one whose axes are an input
    inputs.push_back(r.e.graph.Vector(name + ".axes", axes));
    attributes.Set("noop_with_empty_axes", int64_t{1});
  } else {
    const auto* row = std::find_if(std::begin(kReduce), std::end(kReduce),
                                   [&](const ReduceRow& one) { return one.op == r.how.op; });
    if (row == std::end(kReduce) || axes.empty()) {
      return r.Refuse("the exporter does not know it, or it has no axes");
    }
    op = row->onnx;
    attributes.Set("axes", axes);
  }
  r.e.OutReal(r.out(), PlainOrder(r.y().shape.size()),
              r.e.graph.Add(op, std::move(inputs),
                            r.y().quantization.empty() ? name : name + ".picked", attributes));
  r.how.nodes = op;
  r.how.exact = picks;
  return {};
}

Status WriteArgReduce(const RecordExport& r) {
  const std::string_view op = r.how.op == "argmax" ? "ArgMax" : "ArgMin";
  r.e.Out(
      r.out(), PlainOrder(r.y().shape.size()),
      r.e.graph.Add(op, {r.e.Real(r.in(0), PlainOrder(r.x().shape.size()))}, r.e.NameOf(r.out()),
                    {{"axis", r.record.attributes.Int("axis", 0)},
                     {"keepdims", r.record.attributes.Int("keepdims", 1)},
                     {"select_last_index", r.record.attributes.Int("select_last_index", 0)}}));
  r.how.nodes = op;
  r.how.exact = true;
  return {};
}

Status WriteMatMul(const RecordExport& r) {
  PLUMB_RETURN_IF_ERROR(RefuseGrids(r));
  r.e.Out(r.out(), PlainOrder(r.y().shape.size()),
          r.e.graph.Add("MatMul",
                        {r.e.In(r.in(0), PlainOrder(r.x(0).shape.size())),
                         r.e.In(r.in(1), PlainOrder(r.x(1).shape.size()))},
                        r.e.NameOf(r.out())));
  r.how.nodes = "MatMul";
  return {};
}

Status WriteConv(const RecordExport& r) {
  if (r.x().dtype == DType::kS8) {
    return WriteDotS8(r);
  }
  PLUMB_RETURN_IF_ERROR(RefuseGrids(r));
  const Attributes& a = r.record.attributes;
  if (r.record.inputs.size() > 3 || a.String("output_layout", "nhwc") != "nhwc") {
    return r.Refuse("float with more than a filter and a bias, or in planes");
  }
  const Shape& w = r.x(1).shape;
  std::vector<std::string> inputs = {r.e.In(r.in(0), PictureOrder()),
                                     r.e.In(r.in(1), PictureOrder())};
  if (r.HasInput(2)) {
    inputs.push_back(r.e.In(r.in(2), {0}));
  }
  const std::string sums = r.e.graph.Add("Conv", std::move(inputs), NameBefore(r),
                                         {{"kernel_shape", std::vector<int64_t>{w[1], w[2]}},
                                          {"strides", a.Ints("strides", {1, 1})},
                                          {"pads", a.Ints("pads", {0, 0, 0, 0})},
                                          {"dilations", a.Ints("dilations", {1, 1})},
                                          {"group", a.Int("groups", 1)}});
  r.how.nodes = "Conv";
  return OutWithFunction(r, PictureOrder(), sums);
}

Status WriteFullyConnected(const RecordExport& r) {
  if (r.x().dtype == DType::kS8) {
    return WriteDotS8(r);
  }
  PLUMB_RETURN_IF_ERROR(RefuseGrids(r));
  const Order order = PlainOrder(r.x().shape.size());
  const std::string name = NameBefore(r);
  std::string sums = r.e.graph.Add("MatMul", {r.e.In(r.in(0), order), r.e.In(r.in(1), {1, 0})},
                                   r.HasInput(2) ? name + ".products" : name);
  if (r.HasInput(2)) {
    sums = r.e.graph.Add("Add", {sums, r.e.In(r.in(2), {0})}, name);
  }
  r.how.nodes = "MatMul";
  return OutWithFunction(r, order, sums);
}

Status WriteConvTranspose(const RecordExport& r) {
  PLUMB_RETURN_IF_ERROR(RefuseGrids(r));
  // Weights [C,KH,KW,O/groups], of ONNX [C,O/groups,KH,KW]. The pads and the output's size fix the rest.
  const Attributes& a = r.record.attributes;
  const Shape& w = r.x(1).shape;
  const std::vector<int64_t> strides = a.Ints("strides", {1, 1}),
                             pads = a.Ints("pads", {0, 0, 0, 0});
  const std::vector<int64_t> dilations = a.Ints("dilations", {1, 1});
  std::vector<int64_t> behind = pads, output_padding = {0, 0};
  for (size_t d = 0; d < 2; ++d) {
    const int64_t whole = strides[d] * (r.x().shape[d + 1] - 1) + (w[d + 1] - 1) * dilations[d] + 1;
    const int64_t cut = whole - pads[d] - r.y().shape[d + 1];
    behind[d + 2] = std::max<int64_t>(0, cut);
    output_padding[d] = std::max<int64_t>(0, -cut);
  }
  std::vector<std::string> inputs = {r.e.In(r.in(0), PictureOrder()),
                                     r.e.In(r.in(1), PictureOrder())};
  if (r.HasInput(2)) {
    inputs.push_back(r.e.In(r.in(2), {0}));
  }
  r.e.Out(r.out(), PictureOrder(),
          r.e.graph.Add("ConvTranspose", std::move(inputs), r.e.NameOf(r.out()),
                        {{"kernel_shape", std::vector<int64_t>{w[1], w[2]}},
                         {"strides", strides},
                         {"pads", behind},
                         {"dilations", dilations},
                         {"output_padding", output_padding},
                         {"group", a.Int("groups", 1)}}));
  r.how.nodes = "ConvTranspose";
  return {};
}

}  // namespace plumb::exporting
