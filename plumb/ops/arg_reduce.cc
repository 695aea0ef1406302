// argmax and argmin: where along an axis the largest or smallest element stands.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool AxisExists(const NodeView& n) {
  return NormalizeAxis(n.attributes().Int("axis", 0), n.rank(0)).has_value();
}
std::string FoundAxis(const NodeView& n) {
  return StrCat("axis ", n.attributes().Int("axis", 0), ", rank ", n.rank(0));
}
bool AxisNotEmpty(const NodeView& n) {
  return n.shape(0)[static_cast<size_t>(*NormalizeAxis(n.attributes().Int("axis", 0), n.rank(0)))] >
         0;
}
constexpr Constraint kConstraints[] = {
    {"C1", "one input", TakesInputs<1, 1>, FoundInputCount},
    {"C2", "the axis exists", AxisExists, FoundAxis},
    {"C3", "the axis is not empty", AxisNotEmpty, FoundTypes},
};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {
    {"axis", Kind::kInt}, {"keepdims", Kind::kInt}, {"select_last_index", Kind::kInt}};

Result<Types> InferArg(const NodeView& n) {
  Shape shape = n.shape(0);
  const int64_t axis = *NormalizeAxis(n.attributes().Int("axis", 0), n.rank(0));
  if (n.attributes().Int("keepdims", 1) != 0) {
    shape[static_cast<size_t>(axis)] = 1;
  } else {
    shape.erase(shape.begin() + axis);
  }
  return OneType(DType::kS64, shape);
}

template <FixedString kOp>
Status ImportArg(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  Attributes attributes{{"axis", in.Int("axis", 0)},
                        {"keepdims", in.Int("keepdims", 1)},
                        {"select_last_index", in.Int("select_last_index", 0)}};
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput(kOp.view(), node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kMax[] = {{"onnx", "ArgMax", &ImportArg<"argmax">}};
constexpr ImportRule kMin[] = {{"onnx", "ArgMin", &ImportArg<"argmin">}};

void ResolveArg(const NodeView& n, Attributes& attributes) {
  attributes.Set("axis", *NormalizeAxis(n.attributes().Int("axis", 0), n.rank(0)));
}

Status LowerArg(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  Attributes attributes{{"keepdims", view.attributes().Int("keepdims", 1)},
                        {"select_last_index", view.attributes().Int("select_last_index", 0)}};
  ResolveArg(view, attributes);
  context.AddRecord(node, node.op, context.TensorsOf(node.inputs), context.TensorsOf(node.outputs),
                    std::move(attributes));
  return {};
}

constexpr OpDef kOps[] = {
    {"argmax", "Where along an axis the largest element stands.", kAttributes, kConstraints,
     &InferArg, kMax, QuantKind::kFloat, &LowerArg, nullptr, &ResolveArg},
    {"argmin", "Where along an axis the smallest element stands.", kAttributes, kConstraints,
     &InferArg, kMin, QuantKind::kFloat, &LowerArg, nullptr, &ResolveArg},
};

}  // namespace

std::span<const OpDef> ArgReduceOps() { return kOps; }

}  // namespace plumb::ops
