// pad(data, pads, value?, axes?) {mode}: elements added (or, by negative pads, removed) at the
// borders.

#include <algorithm>
#include <numeric>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool ModeIsKnown(const NodeView& n) {
  const std::string mode = n.attributes().String("mode", "constant");
  return mode == "constant" || mode == "reflect" || mode == "edge" || mode == "wrap";
}
std::string FoundMode(const NodeView& n) {
  return StrCat("mode '", n.attributes().String("mode", "constant"), "'");
}
bool ValueFits(const NodeView& n) {
  return !n.HasInput(2) || (n.dtype(2) == n.dtype(0) && NumElements(n.shape(2)) == 1);
}
constexpr Constraint kConstraints[] = {
    {"C1", "data, pads and, optionally, value and axes", TakesInputs<2, 4>, FoundInputCount},
    {"C2", "the mode is constant, reflect, edge or wrap", ModeIsKnown, FoundMode},
    {"C3", "the value is one element of the data's type", ValueFits, FoundTypes},
};
constexpr AttributeRule kAttributes[] = {{"mode", AttributeRule::Kind::kString}};

// Pads of every axis: all at the front, then all at the back.
Result<std::vector<int64_t>> Pads(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> given, ParameterInts(n, 1, "pads"));
  const auto rank = static_cast<size_t>(n.rank(0));
  std::vector<int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  if (n.HasInput(3)) {
    PLUMB_ASSIGN_OR_RETURN(axes, ParameterInts(n, 3, "axes"));
  }
  if (given.size() != 2 * axes.size() || !NormalizeAxes(axes, n.rank(0))) {
    return NodeError(n, "pads ", ShapeToString(given), " for axes ", ShapeToString(axes),
                     " of data of rank ", rank, "; expected two for each axis");
  }
  constexpr int64_t kMost = int64_t{1} << 32;
  std::vector<int64_t> pads(2 * rank, 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(*NormalizeAxis(axes[i], n.rank(0)));
    pads[axis] = given[i];
    pads[axis + rank] = given[i + axes.size()];
    if (std::max(std::abs(pads[axis]), std::abs(pads[axis + rank])) > kMost ||
        pads[axis] < -kMost || pads[axis + rank] < -kMost) {
      return NodeError(n, "pads ", ShapeToString(given), "; expected at most 2^32 of each");
    }
  }
  return pads;
}

Result<Types> InferPad(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> pads, Pads(n));
  Shape shape = n.shape(0);
  const std::string mode = n.attributes().String("mode", "constant");
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t front = pads[i];
    const int64_t back = pads[i + shape.size()];
    const int64_t most = mode == "reflect" ? shape[i] - 1 : shape[i];
    if ((mode != "constant" && shape[i] == 0 && (front > 0 || back > 0)) ||
        (mode == "reflect" && std::max(front, back) > most && std::max(front, back) > 0)) {
      return NodeError(n, "axis ", i, " of size ", shape[i], " padded by ", front, " and ", back,
                       " in mode ", mode, "; expected fewer");
    }
    shape[i] += front + back;
    if (shape[i] < 0) {
      return NodeError(n, "axis ", i, " would have size ", shape[i], "; expected 0 or more");
    }
  }
  return OneType(n.dtype(0), shape);
}

// Attributes before opset 11.
Status ImportPad(ForeignNode& node) {
  ForeignAttributes in(node);
  Attributes attributes{{"mode", in.String("mode", "constant")}};
  const std::vector<int64_t> pads = in.Ints("pads");
  const float value = in.Float("value", 0.0f);
  PLUMB_RETURN_IF_ERROR(in.status());
  if (node.version >= 11) {
    PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 4));
    node.EmitOutput("pad", node.inputs, std::move(attributes));
    return {};
  }
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  std::vector<ir::ValueId> inputs = {node.inputs[0], EmitInts(node, pads, "pads")};
  if (value != 0.0f) {
    inputs.push_back(EmitFloat(node, value, "value"));
  }
  node.EmitOutput("pad", std::move(inputs), std::move(attributes));
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "Pad", &ImportPad}};

Status LowerPad(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  PLUMB_ASSIGN_OR_RETURN(std::vector<int64_t> pads, Pads(view));
  std::vector<int32_t> inputs = {context.TensorOf(node.inputs[0])};
  if (view.HasInput(2)) {
    inputs.push_back(context.TensorOf(node.inputs[2]));
  }
  context.AddRecord(
      node, "pad", std::move(inputs), {context.TensorOf(node.outputs[0])},
      {{"pads", std::move(pads)}, {"mode", view.attributes().String("mode", "constant")}});
  return {};
}

constexpr OpDef kOps[] = {{"pad", "Elements added or removed at the borders.", kAttributes,
                           kConstraints, &InferPad, kImports, QuantKind::kSameGrid, &LowerPad}};

}  // namespace

std::span<const OpDef> PadOps() { return kOps; }

}  // namespace plumb::ops
