// slice(data, starts, ends, axes?, steps?): every step-th element of a part of each axis.

#include <algorithm>
#include <limits>
#include <numeric>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

constexpr Constraint kConstraints[] = {{"C1", "data, starts, ends and, optionally, axes and steps",
                                        TakesInputs<3, 5>, FoundInputCount}};

// For every axis: where it starts, its step, how many elements are taken.
struct Part {
  std::vector<int64_t> starts;
  std::vector<int64_t> steps;
  Shape sizes;
};

Result<Part> Resolve(const NodeView& n) {
  const Shape in = n.shape(0);
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> starts, ParameterInts(n, 1, "starts"));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> ends, ParameterInts(n, 2, "ends"));
  std::vector<int64_t> axes(starts.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (n.HasInput(3)) {
    PLUMB_ASSIGN_OR_RETURN(axes, ParameterInts(n, 3, "axes"));
  }
  std::vector<int64_t> steps(starts.size(), 1);
  if (n.HasInput(4)) {
    PLUMB_ASSIGN_OR_RETURN(steps, ParameterInts(n, 4, "steps"));
  }
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size() || !NormalizeAxes(axes, n.rank(0))) {
    return NodeError(n, "starts ", ShapeToString(starts), ", ends ", ShapeToString(ends), ", axes ",
                     ShapeToString(axes), ", steps ", ShapeToString(steps), " of data of rank ",
                     n.rank(0), "; expected lists of one length and axes that exist");
  }
  Part part{std::vector<int64_t>(in.size(), 0), std::vector<int64_t>(in.size(), 1), in};
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(*NormalizeAxis(axes[i], n.rank(0)));
    const int64_t size = in[axis];
    const int64_t step = steps[i];
    if (step == 0 || step == std::numeric_limits<int64_t>::min()) {
      return NodeError(n, "step ", step, " of axis ", axis, "; expected one other than 0");
    }
    const auto wrap = [&](int64_t v) { return v < 0 ? v + size : v; };
    const int64_t low = step > 0 ? 0 : -1;
    const int64_t high = step > 0 ? size : size - 1;
    const int64_t start = std::clamp(wrap(starts[i]), step > 0 ? 0 : std::min<int64_t>(0, high),
                                     std::max(high, int64_t{0}));
    const int64_t end = std::clamp(wrap(ends[i]), low, std::max(high, low));
    const int64_t distance = step > 0 ? end - start : start - end;
    const int64_t magnitude = step > 0 ? step : -step;
    const int64_t count = size == 0 || distance <= 0 ? 0 : (distance - 1) / magnitude + 1;
    part.starts[axis] = count == 0 ? 0 : start;
    part.steps[axis] = step;
    part.sizes[axis] = count;
  }
  return part;
}

Result<Types> InferSlice(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const Part part, Resolve(n));
  return OneType(n.dtype(0), part.sizes);
}

// Attributes before opset 10.
Status ImportSlice(ForeignNode& node) {
  if (node.version >= 10) {
    PLUMB_RETURN_IF_ERROR(node.RequireInputs(3, 5));
    node.EmitOutput("slice", node.inputs);
    return {};
  }
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  const std::vector<int64_t> starts = in.Ints("starts");
  const std::vector<int64_t> ends = in.Ints("ends");
  const std::vector<int64_t> axes = in.Ints("axes");
  PLUMB_RETURN_IF_ERROR(in.status());
  std::vector<ir::ValueId> inputs = {node.inputs[0], EmitInts(node, starts, "starts"),
                                     EmitInts(node, ends, "ends")};
  if (in.Has("axes")) {
    inputs.push_back(EmitInts(node, axes, "axes"));
  }
  node.EmitOutput("slice", std::move(inputs));
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "Slice", &ImportSlice}};

Status LowerSlice(const ir::Node& node, LowerContext& context) {
  PLUMB_ASSIGN_OR_RETURN(Part part, Resolve(NodeView(context.graph(), node)));
  context.AddRecord(node, "slice", {context.TensorOf(node.inputs[0])},
                    {context.TensorOf(node.outputs[0])},
                    {{"starts", std::move(part.starts)}, {"steps", std::move(part.steps)}});
  return {};
}

constexpr OpDef kOps[] = {{"slice",
                           "Every step-th element of a part of each axis.",
                           {},
                           kConstraints,
                           &InferSlice,
                           kImports,
                           QuantKind::kSameGrid,
                           &LowerSlice}};

}  // namespace

std::span<const OpDef> SliceOps() { return kOps; }

}  // namespace plumb::ops
