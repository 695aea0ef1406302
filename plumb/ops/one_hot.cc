// one_hot(indices, depth, values) {axis}: values[1] where an index points, values[0] elsewhere.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

std::optional<int64_t> Axis(const NodeView& n) {
  return NormalizeAxis(n.attributes().Int("axis", -1), n.rank(0) + 1);
}
bool AxisExists(const NodeView& n) { return Axis(n).has_value(); }
std::string FoundAxis(const NodeView& n) {
  return StrCat("axis ", n.attributes().Int("axis", -1), ", output rank ", n.rank(0) + 1);
}
bool TwoValues(const NodeView& n) { return n.shape(2) == Shape{2}; }
constexpr Constraint kConstraints[] = {
    {"C1", "indices, depth and values", TakesInputs<3, 3>, FoundInputCount},
    {"C2", "the axis exists", AxisExists, FoundAxis},
    {"C3", "values are two: off and on", TwoValues, FoundTypes},
};
constexpr AttributeRule kAttributes[] = {{"axis", AttributeRule::Kind::kInt}};

Result<int64_t> Depth(const NodeView& n) {
  const Tensor* depth = n.constant(1);
  if (depth != nullptr && depth->dtype() == DType::kF32 && depth->size() == 1) {
    const float value = depth->values<float>()[0];
    if (value >= 0 && value < 2147483648.0f) {
      return static_cast<int64_t>(value);
    }
  }
  return ParameterInt(n, 1, "depth");
}

Result<Types> InferOneHot(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t depth, Depth(n));
  Shape shape = n.shape(0);
  shape.insert(shape.begin() + *Axis(n), depth);
  return OneType(n.dtype(2), shape);
}

Status ImportOneHot(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(3, 3));
  ForeignAttributes in(node);
  const int64_t axis = in.Int("axis", -1);
  PLUMB_RETURN_IF_ERROR(in.status());
  // Indices may be of any numeric type.
  const ir::ValueId indices =
      node.EmitHelper("cast", {node.inputs[0]}, {{"to", std::string("s64")}});
  node.EmitOutput("one_hot", {indices, node.inputs[1], node.inputs[2]}, {{"axis", axis}});
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "OneHot", &ImportOneHot}};

void ResolveAxis(const NodeView& n, Attributes& attributes) { attributes.Set("axis", *Axis(n)); }

Status LowerOneHot(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  context.AddRecord(node, "one_hot",
                    {context.TensorOf(node.inputs[0]), context.TensorOf(node.inputs[1]),
                     context.TensorOf(node.inputs[2])},
                    {context.TensorOf(node.outputs[0])}, {{"axis", *Axis(view)}});
  return {};
}

constexpr OpDef kOps[] = {{"one_hot", "One value where an index points, another elsewhere.",
                           kAttributes, kConstraints, &InferOneHot, kImports, QuantKind::kFloat,
                           &LowerOneHot, nullptr, &ResolveAxis}};

}  // namespace

std::span<const OpDef> OneHotOps() { return kOps; }

}  // namespace plumb::ops
