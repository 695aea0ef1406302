// trilu(x, k?) {upper}: the upper or lower triangle of matrices, zero elsewhere.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool AreMatrices(const NodeView& n) { return n.rank(0) >= 2; }
constexpr Constraint kConstraints[] = {
    {"C1", "data and, optionally, k", TakesInputs<1, 2>, FoundInputCount},
    {"C2", "data has rank 2 or more", AreMatrices, FoundTypes},
};
constexpr AttributeRule kAttributes[] = {{"upper", AttributeRule::Kind::kInt}};

Result<int64_t> Diagonal(const NodeView& n) {
  return n.HasInput(1) ? ParameterInt(n, 1, "k") : Result<int64_t>(0);
}
Result<Types> InferTrilu(const NodeView& n) {
  PLUMB_RETURN_IF_ERROR(Diagonal(n).status());
  return InferSameType(n);
}

Status ImportTrilu(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 2));
  ForeignAttributes in(node);
  const int64_t upper = in.Int("upper", 1);
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("trilu", node.inputs, {{"upper", upper}});
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "Trilu", &ImportTrilu}};

Status LowerTrilu(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  PLUMB_ASSIGN_OR_RETURN(const int64_t k, Diagonal(view));
  context.AddRecord(node, "trilu", {context.TensorOf(node.inputs[0])},
                    {context.TensorOf(node.outputs[0])},
                    {{"k", k}, {"upper", view.attributes().Int("upper", 1)}});
  return {};
}

constexpr OpDef kOps[] = {{"trilu", "The upper or lower triangle of matrices, zero elsewhere.",
                           kAttributes, kConstraints, &InferTrilu, kImports, QuantKind::kFloat,
                           &LowerTrilu}};

}  // namespace

std::span<const OpDef> TriluOps() { return kOps; }

}  // namespace plumb::ops
