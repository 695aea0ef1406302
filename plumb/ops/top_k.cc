// topk(x, k) {axis, largest, sorted}: the k largest or smallest elements along an axis, and where
// they stand.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

std::optional<int64_t> Axis(const NodeView& n) {
  return NormalizeAxis(n.attributes().Int("axis", -1), n.rank(0));
}
bool AxisExists(const NodeView& n) { return Axis(n).has_value(); }
std::string FoundAxis(const NodeView& n) {
  return StrCat("axis ", n.attributes().Int("axis", -1), ", rank ", n.rank(0));
}
constexpr Constraint kConstraints[] = {
    {"C1", "data and k", TakesInputs<2, 2>, FoundInputCount},
    {"C2", "the axis exists", AxisExists, FoundAxis},
};
using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {
    {"axis", Kind::kInt}, {"largest", Kind::kInt}, {"sorted", Kind::kInt}};

Result<Types> InferTopK(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t k, ParameterInt(n, 1, "k"));
  Shape shape = n.shape(0);
  int64_t& size = shape[static_cast<size_t>(*Axis(n))];
  if (k < 0 || k > size) {
    return NodeError(n, "k is ", k, "; expected 0 to ", size, ", the size of the axis");
  }
  size = k;
  return Types{ir::TensorType(n.dtype(0), shape), ir::TensorType(DType::kS64, shape)};
}

// k is an attribute before opset 10.
Status ImportTopK(ForeignNode& node) {
  ForeignAttributes in(node);
  Attributes attributes{{"axis", in.Int("axis", -1)},
                        {"largest", in.Int("largest", 1)},
                        {"sorted", in.Int("sorted", 1)}};
  const int64_t k = in.Int("k", 0);
  PLUMB_RETURN_IF_ERROR(in.status());
  PLUMB_RETURN_IF_ERROR(node.version >= 10 ? node.RequireInputs(2, 2) : node.RequireInputs(1, 1));
  std::vector<ir::ValueId> inputs = node.inputs;
  if (node.version < 10) {
    inputs.push_back(EmitInts(node, {k}, "k"));
  }
  node.output_names.resize(2);
  node.EmitOutputs("topk", std::move(inputs), std::move(attributes));
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "TopK", &ImportTopK}};

void ResolveAxis(const NodeView& n, Attributes& attributes) { attributes.Set("axis", *Axis(n)); }

Status LowerTopK(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  context.AddRecord(node, "topk", {context.TensorOf(node.inputs[0])},
                    context.TensorsOf(node.outputs),
                    {{"axis", *Axis(view)},
                     {"largest", view.attributes().Int("largest", 1)},
                     {"sorted", view.attributes().Int("sorted", 1)}});
  return {};
}

constexpr OpDef kOps[] = {
    {"topk", "The k largest or smallest elements along an axis, and where they stand.", kAttributes,
     kConstraints, &InferTopK, kImports, QuantKind::kFloat, &LowerTopK, nullptr, &ResolveAxis}};

}  // namespace

std::span<const OpDef> TopKOps() { return kOps; }

}  // namespace plumb::ops
