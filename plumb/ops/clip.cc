// clip(x, min?, max?): elements held between two bounds.

#include <limits>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool BoundsAreScalars(const NodeView& n) {
  for (size_t i = 1; i < n.input_count(); ++i) {
    if (n.HasInput(i) && NumElements(n.shape(i)) != 1) {
      return false;
    }
  }
  return true;
}
bool Numbers(const NodeView& n) { return n.dtype(0) == DType::kF32 || IsInteger(n.dtype(0)); }

constexpr Constraint kConstraints[] = {
    {"C1", "one to three inputs", TakesInputs<1, 3>, FoundInputCount},
    {"C2", "the input is f32 or an integer type", Numbers, FoundTypes},
    {"C3", "the bounds have the input's type", InputsShareDType, FoundTypes},
    {"C4", "the bounds have one element", BoundsAreScalars, FoundTypes},
};

// Before opset 11 the bounds are attributes.
Status ImportClip(ForeignNode& node) {
  if (node.version >= 11) {
    PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 3));
    node.EmitOutput("clip", node.inputs);
    return {};
  }
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  const float low = in.Float("min", std::numeric_limits<float>::lowest());
  const float high = in.Float("max", std::numeric_limits<float>::max());
  PLUMB_RETURN_IF_ERROR(in.status());
  std::vector<ir::ValueId> inputs = {node.inputs[0], ir::kNone, ir::kNone};
  if (in.Has("min")) {
    inputs[1] = EmitFloat(node, low, "min");
  }
  if (in.Has("max")) {
    inputs[2] = EmitFloat(node, high, "max");
  }
  node.EmitOutput("clip", std::move(inputs));
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "Clip", &ImportClip}};

// One clip record when the bounds are float constants; otherwise max, then min.
Status LowerClip(const ir::Node& node, LowerContext& context) {
  const auto has = [&](size_t i) { return i < node.inputs.size() && node.inputs[i] != ir::kNone; };
  const int32_t x = context.TensorOf(node.inputs[0]);
  const int32_t y = context.TensorOf(node.outputs[0]);
  if (!has(1) && !has(2)) {
    context.AddRecord(node, "reshape", {x}, {y});
    return {};
  }
  const ir::TensorType& type = context.value(node.inputs[0]).type;
  const auto constant = [&](size_t i) {
    return !has(i) || context.graph().IsConstant(node.inputs[i]);
  };
  if (type.dtype == DType::kF32 && constant(1) && constant(2)) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const auto bound = [&](size_t i, float fallback) {
      return has(i) ? context.graph().ConstantOf(node.inputs[i])->values<float>()[0] : fallback;
    };
    context.AddRecord(node, "clip", {x}, {y},
                      {{"min", bound(1, -kInfinity)}, {"max", bound(2, kInfinity)}});
    return {};
  }
  int32_t low = x;
  if (has(1)) {
    low = has(2) ? context.AddTensor(node.name + ".max", type.dtype, type.shape()) : y;
    context.AddRecord(node, "max", {x, context.TensorOf(node.inputs[1])}, {low});
  }
  if (has(2)) {
    context.AddRecord(node, "min", {low, context.TensorOf(node.inputs[2])}, {y});
  }
  return {};
}

constexpr OpDef kOps[] = {{"clip",
                           "Elements held between two bounds.",
                           {},
                           kConstraints,
                           &InferSameType,
                           kImports,
                           QuantKind::kTable,
                           &LowerClip}};

}  // namespace

std::span<const OpDef> ClipOps() { return kOps; }

}  // namespace plumb::ops
