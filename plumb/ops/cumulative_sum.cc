// cumsum(x, axis) {exclusive, reverse}: running sums along an axis.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool Numbers(const NodeView& n) { return n.dtype(0) == DType::kF32 || IsInteger(n.dtype(0)); }
constexpr Constraint kConstraints[] = {
    {"C1", "data and axis", TakesInputs<2, 2>, FoundInputCount},
    {"C2", "data is f32 or an integer type", Numbers, FoundTypes},
};
using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {{"exclusive", Kind::kInt}, {"reverse", Kind::kInt}};

Result<int64_t> Axis(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, ParameterInt(n, 1, "axis"));
  const std::optional<int64_t> normalized = NormalizeAxis(axis, n.rank(0));
  if (!normalized) {
    return NodeError(n, "axis ", axis, " of data of rank ", n.rank(0),
                     "; expected one that exists");
  }
  return *normalized;
}

Result<Types> InferSum(const NodeView& n) {
  PLUMB_RETURN_IF_ERROR(Axis(n).status());
  return InferSameType(n);
}

Status ImportSum(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 2));
  ForeignAttributes in(node);
  Attributes attributes{{"exclusive", in.Int("exclusive", 0)}, {"reverse", in.Int("reverse", 0)}};
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("cumsum", node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "CumSum", &ImportSum}};

Status LowerSum(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, Axis(view));
  context.AddRecord(node, "cumsum", {context.TensorOf(node.inputs[0])},
                    {context.TensorOf(node.outputs[0])},
                    {{"axis", axis},
                     {"exclusive", view.attributes().Int("exclusive", 0)},
                     {"reverse", view.attributes().Int("reverse", 0)}});
  return {};
}

constexpr OpDef kOps[] = {{"cumsum", "Running sums along an axis.", kAttributes, kConstraints,
                           &InferSum, kImports, QuantKind::kFloat, &LowerSum}};

}  // namespace

std::span<const OpDef> CumulativeSumOps() { return kOps; }

}  // namespace plumb::ops
