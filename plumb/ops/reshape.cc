// The same elements under another shape: reshape, squeeze, unsqueeze, flatten, identity. All run as
// the record reshape.

#include <algorithm>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

constexpr Constraint kDataAndShape[] = {
    {"C1", "data and shape", TakesInputs<2, 2>, FoundInputCount}};
constexpr Constraint kDataAndAxes[] = {
    {"C1", "data and, optionally, axes", TakesInputs<1, 2>, FoundInputCount}};
constexpr Constraint kDataWithAxes[] = {
    {"C1", "data and axes", TakesInputs<2, 2>, FoundInputCount}};
constexpr Constraint kData[] = {{"C1", "one input", TakesInputs<1, 1>, FoundInputCount}};
constexpr AttributeRule kAllowZero[] = {{"allowzero", AttributeRule::Kind::kInt}};
constexpr AttributeRule kAxis[] = {{"axis", AttributeRule::Kind::kInt}};

Result<Types> InferReshape(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> wanted, ParameterInts(n, 1, "shape"));
  const Shape in = n.shape(0);
  const bool allow_zero = n.attributes().Int("allowzero", 0) != 0;
  Shape out;
  int64_t known = 1;
  std::optional<size_t> free;
  const auto mismatch = [&] {
    return NodeError(n, "shape ", ShapeToString(wanted), " does not fit data of shape ",
                     ShapeToString(in), "; expected ", NumElements(in), " elements");
  };
  for (size_t i = 0; i < wanted.size(); ++i) {
    int64_t size = wanted[i];
    if (size == 0 && !allow_zero) {
      if (i >= in.size()) {
        return mismatch();
      }
      size = in[i];
    }
    if (size < -1 || (size == -1 && free) || (size > 0 && known > (int64_t{1} << 40) / size)) {
      return mismatch();
    }
    if (size == -1) {
      free = i;
    } else {
      known *= size;
    }
    out.push_back(size);
  }
  const int64_t total = NumElements(in);
  if (free) {
    if (known == 0 ? total != 0 : total % known != 0) {
      return mismatch();
    }
    out[*free] = known == 0 ? 0 : total / known;
  } else if (known != total) {
    return mismatch();
  }
  return OneType(n.dtype(0), out);
}

Result<Types> InferSqueeze(const NodeView& n) {
  const Shape in = n.shape(0);
  std::vector<int64_t> axes;
  if (n.HasInput(1)) {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> given, ParameterInts(n, 1, "axes"));
    const auto normalized = NormalizeAxes(given, n.rank(0));
    const auto is_one = [&](int64_t a) { return in[static_cast<size_t>(a)] == 1; };
    if (!normalized || !std::all_of(normalized->begin(), normalized->end(), is_one)) {
      return NodeError(n, "axes ", ShapeToString(given), " of data of shape ", ShapeToString(in),
                       "; expected axes of size 1");
    }
    axes = *normalized;
  } else {
    for (size_t i = 0; i < in.size(); ++i) {
      if (in[i] == 1) {
        axes.push_back(static_cast<int64_t>(i));
      }
    }
  }
  Shape out;
  for (size_t i = 0; i < in.size(); ++i) {
    if (!std::binary_search(axes.begin(), axes.end(), static_cast<int64_t>(i))) {
      out.push_back(in[i]);
    }
  }
  return OneType(n.dtype(0), out);
}

Result<Types> InferUnsqueeze(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> given, ParameterInts(n, 1, "axes"));
  const Shape in = n.shape(0);
  const auto rank = static_cast<int64_t>(in.size() + given.size());
  const auto axes = NormalizeAxes(given, rank);
  if (!axes) {
    return NodeError(n, "axes ", ShapeToString(given), " for an output of rank ", rank,
                     "; expected different axes from ", -rank, " to ", rank - 1);
  }
  Shape out;
  auto next = in.begin();
  for (int64_t i = 0; i < rank; ++i) {
    out.push_back(std::binary_search(axes->begin(), axes->end(), i) ? 1 : *next++);
  }
  return OneType(n.dtype(0), out);
}

Result<Types> InferFlatten(const NodeView& n) {
  const Shape in = n.shape(0);
  const int64_t rank = n.rank(0);
  const int64_t given = n.attributes().Int("axis", 1);
  const int64_t axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis > rank) {
    return NodeError(n, "axis ", given, " of data of rank ", rank, "; expected ", -rank, " to ",
                     rank);
  }
  const std::span<const int64_t> all(in);
  return OneType(n.dtype(0), {NumElements(all.first(static_cast<size_t>(axis))),
                              NumElements(all.subspan(static_cast<size_t>(axis)))});
}

Status ImportReshape(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 2));
  ForeignAttributes in(node);
  const int64_t allow_zero = in.Int("allowzero", 0);
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("reshape", node.inputs, {{"allowzero", allow_zero}});
  return {};
}

// Axes became an input at opset 13.
template <FixedString kOp>
Status ImportSqueeze(ForeignNode& node) {
  ForeignAttributes in(node);
  const std::vector<int64_t> axes = in.Ints("axes");
  PLUMB_RETURN_IF_ERROR(in.status());
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, node.version >= 13 ? 2 : 1));
  std::vector<ir::ValueId> inputs = node.inputs;
  if (node.version < 13 && in.Has("axes")) {
    inputs.push_back(EmitInts(node, axes, "axes"));
  }
  node.EmitOutput(kOp.view(), std::move(inputs));
  return {};
}

Status ImportFlatten(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  const int64_t axis = in.Int("axis", 1);
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("flatten", node.inputs, {{"axis", axis}});
  return {};
}

constexpr ImportRule kReshape[] = {{"onnx", "Reshape", &ImportReshape}};
constexpr ImportRule kSqueeze[] = {{"onnx", "Squeeze", &ImportSqueeze<"squeeze">}};
constexpr ImportRule kUnsqueeze[] = {{"onnx", "Unsqueeze", &ImportSqueeze<"unsqueeze">}};
constexpr ImportRule kFlatten[] = {{"onnx", "Flatten", &ImportFlatten}};

Status LowerReshape(const ir::Node& node, LowerContext& context) {
  context.AddRecord(node, "reshape", {context.TensorOf(node.inputs[0])},
                    {context.TensorOf(node.outputs[0])});
  return {};
}

constexpr OpDef kOps[] = {
    {"reshape", "The same elements under another shape.", kAllowZero, kDataAndShape, &InferReshape,
     kReshape, QuantKind::kSameGrid, &LowerReshape},
    {"squeeze",
     "Without axes of size 1.",
     {},
     kDataAndAxes,
     &InferSqueeze,
     kSqueeze,
     QuantKind::kSameGrid,
     &LowerReshape},
    {"unsqueeze",
     "With axes of size 1 inserted.",
     {},
     kDataWithAxes,
     &InferUnsqueeze,
     kUnsqueeze,
     QuantKind::kSameGrid,
     &LowerReshape},
    {"flatten", "As a matrix: axes before `axis` as rows, the others as columns.", kAxis, kData,
     &InferFlatten, kFlatten, QuantKind::kSameGrid, &LowerReshape},
    {"identity",
     "The tensor itself.",
     {},
     kData,
     &InferSameType,
     kPlainRule<"Identity", "identity">,
     QuantKind::kSameGrid,
     &LowerReshape},
};

}  // namespace

std::span<const OpDef> ReshapeOps() { return kOps; }

}  // namespace plumb::ops
