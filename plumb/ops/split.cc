// split(data, sizes?) {axis, num_outputs}: parts along an axis.

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
bool HasOutputs(const NodeView& n) { return !n.node().outputs.empty(); }
constexpr Constraint kConstraints[] = {
    {"C1", "data and, optionally, sizes", TakesInputs<1, 2>, FoundInputCount},
    {"C2", "the axis exists", AxisExists, FoundAxis},
    {"C3", "one or more outputs", HasOutputs, FoundOutputCount},
};
using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {{"axis", Kind::kInt}, {"num_outputs", Kind::kInt}};

Result<Types> InferSplit(const NodeView& n) {
  const auto axis = static_cast<size_t>(*Axis(n));
  const auto count = static_cast<int64_t>(n.node().outputs.size());
  Shape shape = n.shape(0);
  const int64_t total = shape[axis];
  std::vector<int64_t> sizes;
  if (n.HasInput(1)) {
    PLUMB_ASSIGN_OR_RETURN(sizes, ParameterInts(n, 1, "sizes"));
  } else {
    // Equal parts, the last one smaller where num_outputs (opset 18) allows it.
    const bool uneven = n.attributes().Has("num_outputs");
    const int64_t part = (total + count - 1) / count;
    if (!uneven && total % count != 0) {
      return NodeError(n, "axis of size ", total, " in ", count, " equal parts; expected sizes");
    }
    sizes.assign(static_cast<size_t>(count), part);
    sizes.back() = total - part * (count - 1);
  }
  int64_t sum = 0;
  for (int64_t size : sizes) {
    sum = size < 0 || size > total ? -1 : sum;
    if (sum < 0) {
      break;
    }
    sum += size;
  }
  if (static_cast<int64_t>(sizes.size()) != count || sum != total) {
    return NodeError(n, "sizes ", ShapeToString(sizes), " for ", count,
                     " outputs of an axis of size ", total,
                     "; expected one for each, which sum up to that");
  }
  Types types;
  for (int64_t size : sizes) {
    shape[axis] = size;
    types.emplace_back(n.dtype(0), shape);
  }
  return types;
}

// Sizes are an attribute before opset 13; num_outputs came at 18.
Status ImportSplit(ForeignNode& node) {
  ForeignAttributes in(node);
  Attributes attributes{{"axis", in.Int("axis", 0)}};
  const std::vector<int64_t> sizes = in.Ints("split");
  if (in.Has("num_outputs")) {
    const int64_t count = in.Int("num_outputs", 0);
    if (count != static_cast<int64_t>(node.output_names.size())) {
      return InvalidModel(node.Describe(), ": num_outputs is ", count, "; expected ",
                          node.output_names.size(), ", the number of outputs");
    }
    attributes.Set("num_outputs", count);
  }
  PLUMB_RETURN_IF_ERROR(in.status());
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, node.version >= 13 ? 2 : 1));
  std::vector<ir::ValueId> inputs = node.inputs;
  if (node.version < 13 && in.Has("split")) {
    inputs.push_back(EmitInts(node, sizes, "sizes"));
  }
  node.EmitOutputs("split", std::move(inputs), std::move(attributes));
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "Split", &ImportSplit}};

void ResolveAxis(const NodeView& n, Attributes& attributes) { attributes.Set("axis", *Axis(n)); }

Status LowerSplit(const ir::Node& node, LowerContext& context) {
  context.AddRecord(node, "split", {context.TensorOf(node.inputs[0])},
                    context.TensorsOf(node.outputs),
                    {{"axis", *Axis(NodeView(context.graph(), node))}});
  return {};
}

constexpr OpDef kOps[] = {{"split", "Parts of a tensor along an axis.", kAttributes, kConstraints,
                           &InferSplit, kImports, QuantKind::kSameGrid, &LowerSplit, nullptr,
                           &ResolveAxis}};

}  // namespace

std::span<const OpDef> SplitOps() { return kOps; }

}  // namespace plumb::ops
