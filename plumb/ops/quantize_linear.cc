// QuantizeLinear and DequantizeLinear: quantize and dequantize where scale and zero point are
// constants, and the forms that take them as inputs otherwise.

#include <cmath>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

std::optional<int64_t> Axis(const NodeView& n) {
  return NormalizeAxis(n.attributes().Int("axis", 1), n.rank(0));
}
bool ScaleFits(const NodeView& n) {
  if (n.dtype(1) != DType::kF32) {
    return false;
  }
  if (NumElements(n.shape(1)) == 1) {
    return !n.HasInput(2) || NumElements(n.shape(2)) == 1;
  }
  if (n.HasInput(2) && n.shape(2) != n.shape(1)) {
    return false;
  }
  const std::optional<int64_t> axis = Axis(n);
  return axis && n.shape(1) == Shape{n.shape(0)[static_cast<size_t>(*axis)]};
}
std::string FoundScale(const NodeView& n) {
  return StrCat(FoundTypes(n), ", axis ", n.attributes().Int("axis", 1));
}
bool FloatInput(const NodeView& n) { return n.dtype(0) == DType::kF32; }
bool IntegerInput(const NodeView& n) {
  return IsInteger(n.dtype(0)) && (!n.HasInput(2) || n.dtype(2) == n.dtype(0));
}
constexpr Constraint kInputs = {"C1", "x, scale and, optionally, zero point", TakesInputs<2, 3>,
                                FoundInputCount};
constexpr Constraint kScale = {
    "C3", "scale and zero point have one entry, or one for each index of the axis", ScaleFits,
    FoundScale};
constexpr Constraint kQuantize[] = {kInputs, {"C2", "x is f32", FloatInput, FoundTypes}, kScale};
constexpr Constraint kDequantize[] = {
    kInputs, {"C2", "x and zero point have one integer type", IntegerInput, FoundTypes}, kScale};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {{"axis", Kind::kInt}, {"dtype", Kind::kString}};

Result<Types> InferQuantize(const NodeView& n) {
  const DType type =
      n.HasInput(2) ? n.dtype(2)
                    : DTypeFromName(n.attributes().String("dtype", "u8")).value_or(DType::kNone);
  if (!IsInteger(type)) {
    return NodeError(n, "quantizes to '", n.attributes().String("dtype", "u8"),
                     "'; expected an integer type");
  }
  return OneType(type, n.shape(0));
}
Result<Types> InferDequantize(const NodeView& n) { return OneType(DType::kF32, n.shape(0)); }

template <typename T>
std::vector<int32_t> Widen(const Tensor& t) {
  std::vector<int32_t> out;
  for (T v : t.values<T>()) {
    out.push_back(static_cast<int32_t>(v));
  }
  return out;
}

std::optional<std::vector<int32_t>> ZeroPoints(const Tensor& t) {
  switch (t.dtype()) {
    case DType::kS8:
      return Widen<int8_t>(t);
    case DType::kU8:
      return Widen<uint8_t>(t);
    case DType::kS16:
      return Widen<int16_t>(t);
    case DType::kU16:
      return Widen<uint16_t>(t);
    case DType::kS32:
      return Widen<int32_t>(t);
    default:
      return std::nullopt;
  }
}

// The grid stated by constant scale and zero point (inputs 1 and 2), for elements of `type`;
// nothing when they are not constants or describe no grid of ours (a scale that is zero, say).
std::optional<Quantization> StatedGrid(const ForeignNode& node, int64_t axis) {
  const Tensor* scale = node.ConstantInput(1);
  if (scale == nullptr || scale->dtype() != DType::kF32 || scale->shape().size() > 1 ||
      (node.HasInput(2) && node.ConstantInput(2) == nullptr)) {
    return std::nullopt;
  }
  const bool per_channel = scale->size() != 1;
  if (per_channel && axis < 0) {
    return std::nullopt;
  }
  Quantization grid;
  for (float s : scale->values<float>()) {
    if (!std::isnormal(s) || s < 0) {
      return std::nullopt;
    }
    grid.scale.push_back(s);
  }
  grid.zero_point.assign(grid.scale.size(), 0);
  if (const Tensor* zero = node.ConstantInput(2)) {
    const std::optional<std::vector<int32_t>> points = ZeroPoints(*zero);
    if (!points || points->size() != grid.scale.size()) {
      return std::nullopt;
    }
    grid.zero_point = *points;
  }
  grid.axis = per_channel ? static_cast<int>(axis) : -1;
  return grid;
}

Status CheckBlocks(const ForeignNode& node, int64_t block_size) {
  if (block_size != 0) {
    return InvalidModel(node.Describe(), ": block_size is ", block_size,
                        "; expected 0 (scales in blocks are not supported)");
  }
  return {};
}

Status ImportQuantize(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 3));
  ForeignAttributes in(node);
  const int64_t axis = in.Int("axis", 1);
  const int64_t block = in.Int("block_size", 0);
  const int64_t number = in.Int("output_dtype", 0);
  PLUMB_RETURN_IF_ERROR(in.status());
  PLUMB_RETURN_IF_ERROR(CheckBlocks(node, block));
  const ir::TensorType* zero_type =
      node.HasInput(2) ? &node.graph->value(node.inputs[2]).type : nullptr;
  const DType type = zero_type ? zero_type->dtype : number ? DTypeFromOnnx(number) : DType::kU8;
  if (number == 21 || number == 22 || (type != DType::kNone && !IsInteger(type)) ||
      (number != 0 && type == DType::kNone)) {
    return InvalidModel(
        node.Describe(), ": quantizes to ",
        number ? StrCat("ONNX element type ", number) : std::string(DTypeName(type)),
        "; expected an integer type of at least 8 bits");
  }
  const std::optional<Quantization> grid = StatedGrid(node, axis);
  if (grid && type != DType::kNone) {
    node.EmitOutput("quantize", {node.inputs[0]}, {{"dtype", std::string(DTypeName(type))}});
    node.graph->value(node.results[0]).quantization = *grid;
    return {};
  }
  Attributes attributes{{"axis", axis}};
  if (!node.HasInput(2)) {
    attributes.Set("dtype", std::string(DTypeName(type)));
  }
  node.EmitOutput("quantize_linear", node.inputs, std::move(attributes));
  return {};
}

// What a quantize node with the same grid has made is dequantized by that grid. Constants (weights)
// are folded once types are known and keep their grid then.
Status ImportDequantize(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 3));
  ForeignAttributes in(node);
  const int64_t axis = in.Int("axis", 1);
  const int64_t block = in.Int("block_size", 0);
  PLUMB_RETURN_IF_ERROR(in.status());
  PLUMB_RETURN_IF_ERROR(CheckBlocks(node, block));
  const Quantization& made = node.graph->value(node.inputs[0]).quantization;
  const std::optional<Quantization> grid = StatedGrid(node, axis);
  if (grid && made == *grid) {
    node.EmitOutput("dequantize", {node.inputs[0]});
    return {};
  }
  node.EmitOutput("dequantize_linear", node.inputs, {{"axis", axis}});
  return {};
}

constexpr ImportRule kQuantizeRule[] = {{"onnx", "QuantizeLinear", &ImportQuantize}};
constexpr ImportRule kDequantizeRule[] = {{"onnx", "DequantizeLinear", &ImportDequantize}};

void ResolveAxis(const NodeView& n, Attributes& attributes) {
  attributes.Set("axis", Axis(n).value_or(0));
}

Status LowerLinear(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  std::vector<int32_t> inputs = context.TensorsOf(node.inputs);
  // One scale for all: the zero point takes its shape.
  if (view.HasInput(2) && view.shape(2) != view.shape(1)) {
    const int32_t zero = context.AddTensor(node.name + ".zero_point", view.dtype(2), view.shape(1));
    context.AddRecord(node, "reshape", {inputs[2]}, {zero});
    inputs[2] = zero;
  }
  context.AddRecord(node, node.op, std::move(inputs), context.TensorsOf(node.outputs),
                    {{"axis", Axis(view).value_or(0)}});
  return {};
}

constexpr OpDef kOps[] = {
    {"quantize_linear", "Real elements to integers, with scale and zero point as inputs.",
     kAttributes, kQuantize, &InferQuantize, kQuantizeRule, QuantKind::kFloat, &LowerLinear,
     nullptr, &ResolveAxis},
    {"dequantize_linear", "Integers to real elements, with scale and zero point as inputs.",
     kAttributes, kDequantize, &InferDequantize, kDequantizeRule, QuantKind::kFloat, &LowerLinear,
     nullptr, &ResolveAxis},
};

}  // namespace

std::span<const OpDef> QuantizeLinearOps() { return kOps; }

}  // namespace plumb::ops
