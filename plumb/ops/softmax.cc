// softmax and log_softmax {axis}: normalized exponentials.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

std::optional<int64_t> Axis(const NodeView& n) {
  return NormalizeAxis(n.attributes().Int("axis", -1), n.rank(0));
}
bool FloatInput(const NodeView& n) { return n.dtype(0) == DType::kF32; }
bool AxisExists(const NodeView& n) { return Axis(n).has_value(); }
std::string FoundAxis(const NodeView& n) {
  return StrCat("axis ", n.attributes().Int("axis", -1), ", rank ", n.rank(0));
}
constexpr Constraint kConstraints[] = {
    {"C1", "one input", TakesInputs<1, 1>, FoundInputCount},
    {"C2", "the input is f32", FloatInput, FoundTypes},
    {"C3", "the axis exists", AxisExists, FoundAxis},
};
constexpr AttributeRule kAttributes[] = {{"axis", AttributeRule::Kind::kInt}};

// Before opset 13 the axes from `axis` on are one: the tensor is seen as a matrix.
template <FixedString kOp>
Status ImportSoftmax(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  const bool as_matrix = node.version < 13;
  const int64_t axis = in.Int("axis", as_matrix ? 1 : -1);
  PLUMB_RETURN_IF_ERROR(in.status());
  const ir::ValueId x = node.inputs[0];
  const ir::TensorType& type = node.graph->value(x).type;
  const bool last =
      axis == -1 || (type.ranked && axis + 1 == static_cast<int64_t>(type.dims.size()));
  if (!as_matrix || last) {
    node.EmitOutput(kOp.view(), {x}, {{"axis", axis}});
    return {};
  }
  const ir::ValueId matrix = node.EmitHelper("flatten", {x}, {{"axis", axis}});
  const ir::ValueId result = node.EmitHelper(kOp.view(), {matrix}, {{"axis", int64_t{1}}});
  node.EmitOutput("reshape", {result, node.EmitHelper("shape", {x})}, {{"allowzero", int64_t{1}}});
  return {};
}
constexpr ImportRule kSoftmax[] = {{"onnx", "Softmax", &ImportSoftmax<"softmax">}};
constexpr ImportRule kLogSoftmax[] = {{"onnx", "LogSoftmax", &ImportSoftmax<"log_softmax">}};

void ResolveAxis(const NodeView& n, Attributes& attributes) { attributes.Set("axis", *Axis(n)); }

Status LowerSoftmax(const ir::Node& node, LowerContext& context) {
  context.AddRecord(node, node.op, context.TensorsOf(node.inputs), context.TensorsOf(node.outputs),
                    {{"axis", *Axis(NodeView(context.graph(), node))}});
  return {};
}

constexpr OpDef kOps[] = {
    {"softmax", "exp(x) divided by its sum along an axis.", kAttributes, kConstraints,
     &InferSameType, kSoftmax, QuantKind::kFloat, &LowerSoftmax, nullptr, &ResolveAxis},
    {"log_softmax", "The logarithm of softmax along an axis.", kAttributes, kConstraints,
     &InferSameType, kLogSoftmax, QuantKind::kFloat, &LowerSoftmax, nullptr, &ResolveAxis},
};

}  // namespace

std::span<const OpDef> SoftmaxOps() { return kOps; }

}  // namespace plumb::ops
