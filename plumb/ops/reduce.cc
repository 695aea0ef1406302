// reduce_*(data, axes?): reductions over axes; all axes when none are given. One row per operator.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool FloatInput(const NodeView& n) { return n.dtype(0) == DType::kF32; }
bool NumberInput(const NodeView& n) { return n.dtype(0) == DType::kF32 || IsInteger(n.dtype(0)); }
bool OrderedInput(const NodeView& n) { return n.dtype(0) != DType::kNone; }

constexpr Constraint kInputs = {"C1", "data and, optionally, axes", TakesInputs<1, 2>,
                                FoundInputCount};
constexpr Constraint kFloat[] = {kInputs, {"C2", "data is f32", FloatInput, FoundTypes}};
constexpr Constraint kNumber[] = {
    kInputs, {"C2", "data is f32 or an integer type", NumberInput, FoundTypes}};
constexpr Constraint kOrdered[] = {kInputs,
                                   {"C2", "data has an element type", OrderedInput, FoundTypes}};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {{"keepdims", Kind::kInt},
                                         {"noop_with_empty_axes", Kind::kInt}};

// The axes reduced, sorted.
Result<std::vector<int64_t>> Axes(const NodeView& n) {
  std::vector<int64_t> axes;
  if (n.HasInput(1)) {
    PLUMB_ASSIGN_OR_RETURN(axes, ParameterInts(n, 1, "axes"));
  }
  const int64_t rank = n.rank(0);
  if (axes.empty() && n.attributes().Int("noop_with_empty_axes", 0) == 0) {
    for (int64_t i = 0; i < rank; ++i) {
      axes.push_back(i);
    }
  }
  std::optional<std::vector<int64_t>> normalized = NormalizeAxes(axes, rank);
  if (!normalized) {
    return NodeError(n, "axes ", ShapeToString(axes), " of data of rank ", rank,
                     "; expected different axes from ", -rank, " to ", rank - 1);
  }
  return *std::move(normalized);
}

Result<Types> InferReduce(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, Axes(n));
  const bool keep = n.attributes().Int("keepdims", 1) != 0;
  const Shape in = n.shape(0);
  Shape out;
  for (size_t i = 0, next = 0; i < in.size(); ++i) {
    if (next < axes.size() && axes[next] == static_cast<int64_t>(i)) {
      ++next;
      if (keep) {
        out.push_back(1);
      }
    } else {
      out.push_back(in[i]);
    }
  }
  return OneType(n.dtype(0), out);
}

// Axes became an input at opset 13 for the sum and at 18 for the others.
template <FixedString kOp, int kInputSince>
Status ImportReduce(ForeignNode& node) {
  ForeignAttributes in(node);
  Attributes attributes{{"keepdims", in.Int("keepdims", 1)},
                        {"noop_with_empty_axes", in.Int("noop_with_empty_axes", 0)}};
  const std::vector<int64_t> axes = in.Ints("axes");
  PLUMB_RETURN_IF_ERROR(in.status());
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, node.version >= kInputSince ? 2 : 1));
  std::vector<ir::ValueId> inputs = node.inputs;
  if (!axes.empty()) {
    inputs.resize(1);
    inputs.push_back(EmitInts(node, axes, "axes"));
  }
  node.EmitOutput(kOp.view(), std::move(inputs), std::move(attributes));
  return {};
}

// Averaging over every position of a picture, whatever its rank.
template <FixedString kOp>
Status ImportGlobal(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  const ir::ValueId axes = EmitAxesFrom(node, node.inputs[0], 2);
  node.EmitOutput(kOp.view(), {node.inputs[0], axes},
                  {{"keepdims", int64_t{1}}, {"noop_with_empty_axes", int64_t{1}}});
  return {};
}

constexpr ImportRule kMean[] = {{"onnx", "ReduceMean", &ImportReduce<"reduce_mean", 18>},
                                {"onnx", "GlobalAveragePool", &ImportGlobal<"reduce_mean">}};
constexpr ImportRule kMax[] = {{"onnx", "ReduceMax", &ImportReduce<"reduce_max", 18>},
                               {"onnx", "GlobalMaxPool", &ImportGlobal<"reduce_max">}};
template <FixedString kOnnx, FixedString kOp, int kInputSince = 18>
constexpr ImportRule kRule[] = {{"onnx", kOnnx.view(), &ImportReduce<kOp, kInputSince>}};

// The axes as an attribute. Nothing to reduce: the data itself. Truth values are reduced as bytes.
Status LowerReduce(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  PLUMB_ASSIGN_OR_RETURN(std::vector<int64_t> axes, Axes(view));
  int32_t x = context.TensorOf(node.inputs[0]);
  int32_t y = context.TensorOf(node.outputs[0]);
  const bool moves = node.op == "reduce_sum" || node.op == "reduce_mean" ||
                     node.op == "reduce_max" || node.op == "reduce_min" || node.op == "reduce_prod";
  if (axes.empty() && moves) {
    context.AddRecord(node, "reshape", {x}, {y});
    return {};
  }
  Attributes attributes{{"axes", std::move(axes)},
                        {"keepdims", view.attributes().Int("keepdims", 1)}};
  if (view.dtype(0) == DType::kBool) {
    const int32_t bytes = context.AddTensor(node.name + ".bytes", DType::kU8, view.shape(0));
    const int32_t result = context.AddTensor(node.name + ".result", DType::kU8,
                                             context.value(node.outputs[0]).type.shape());
    context.AddRecord(node, "cast", {x}, {bytes});
    context.AddRecord(node, node.op, {bytes}, {result}, std::move(attributes));
    context.AddRecord(node, "cast", {result}, {y});
    return {};
  }
  context.AddRecord(node, node.op, {x}, {y}, std::move(attributes));
  return {};
}

constexpr OpDef Row(std::string_view name, std::string_view summary,
                    std::span<const Constraint> constraints, std::span<const ImportRule> imports,
                    QuantKind quant = QuantKind::kFloat) {
  return {name, summary, kAttributes, constraints, &InferReduce, imports, quant, &LowerReduce};
}

constexpr OpDef kOps[] = {
    Row("reduce_mean", "The mean over axes.", kNumber, kMean, QuantKind::kAverage),
    Row("reduce_sum", "The sum over axes.", kNumber, kRule<"ReduceSum", "reduce_sum", 13>),
    Row("reduce_max", "The largest element over axes.", kOrdered, kMax, QuantKind::kSameGrid),
    Row("reduce_min", "The smallest element over axes.", kOrdered, kRule<"ReduceMin", "reduce_min">,
        QuantKind::kSameGrid),
    Row("reduce_prod", "The product over axes.", kNumber, kRule<"ReduceProd", "reduce_prod">),
    Row("reduce_l1", "The sum of absolute values over axes.", kFloat,
        kRule<"ReduceL1", "reduce_l1">),
    Row("reduce_l2", "The square root of the sum of squares over axes.", kFloat,
        kRule<"ReduceL2", "reduce_l2">),
    Row("reduce_sum_square", "The sum of squares over axes.", kFloat,
        kRule<"ReduceSumSquare", "reduce_sum_square">),
    Row("reduce_log_sum", "The logarithm of the sum over axes.", kFloat,
        kRule<"ReduceLogSum", "reduce_log_sum">),
    Row("reduce_log_sum_exp", "The logarithm of the sum of exponentials over axes.", kFloat,
        kRule<"ReduceLogSumExp", "reduce_log_sum_exp">),
};

}  // namespace

std::span<const OpDef> ReduceOps() { return kOps; }

}  // namespace plumb::ops
