// concat {axis}: tensors one after another along an axis.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

std::optional<int64_t> Axis(const NodeView& n) {
  return NormalizeAxis(n.attributes().Int("axis", 0), n.rank(0));
}
bool AxisExists(const NodeView& n) { return Axis(n).has_value(); }
std::string FoundAxis(const NodeView& n) {
  return StrCat("axis ", n.attributes().Int("axis", 0), ", rank ", n.rank(0));
}
bool OtherAxesAgree(const NodeView& n) {
  const auto axis = static_cast<size_t>(*Axis(n));
  const Shape first = n.shape(0);
  for (size_t i = 1; i < n.input_count(); ++i) {
    Shape shape = n.shape(i);
    if (shape.size() != first.size()) {
      return false;
    }
    shape[axis] = first[axis];
    if (shape != first) {
      return false;
    }
  }
  return true;
}
bool SomePresent(const NodeView& n) { return TakesInputs<1, -1>(n) && AllInputsPresent(n); }
constexpr Constraint kConstraints[] = {
    {"C1", "one or more inputs, all present", SomePresent, FoundInputCount},
    {"C2", "the inputs have one element type", InputsShareDType, FoundTypes},
    {"C3", "the axis exists", AxisExists, FoundAxis},
    {"C4", "the inputs agree in every other axis", OtherAxesAgree, FoundTypes},
};
constexpr AttributeRule kAttributes[] = {{"axis", AttributeRule::Kind::kInt}};

Result<Types> InferConcat(const NodeView& n) {
  const auto axis = static_cast<size_t>(*Axis(n));
  Shape shape = n.shape(0);
  for (size_t i = 1; i < n.input_count(); ++i) {
    shape[axis] += n.shape(i)[axis];
  }
  return OneType(n.dtype(0), shape);
}

Status ImportConcat(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, SIZE_MAX));
  ForeignAttributes in(node);
  const int64_t axis = in.Int("axis", 1);
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("concat", node.inputs, {{"axis", axis}});
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "Concat", &ImportConcat}};

void ResolveAxis(const NodeView& n, Attributes& attributes) { attributes.Set("axis", *Axis(n)); }

Status LowerConcat(const ir::Node& node, LowerContext& context) {
  context.AddRecord(node, "concat", context.TensorsOf(node.inputs), context.TensorsOf(node.outputs),
                    {{"axis", *Axis(NodeView(context.graph(), node))}});
  return {};
}

constexpr OpDef kOps[] = {{"concat", "Tensors one after another along an axis.", kAttributes,
                           kConstraints, &InferConcat, kImports, QuantKind::kConcat, &LowerConcat,
                           nullptr, &ResolveAxis}};

}  // namespace

std::span<const OpDef> ConcatOps() { return kOps; }

}  // namespace plumb::ops
