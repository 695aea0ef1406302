// expand(data, shape) and tile(data, repeats): elements repeated.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

constexpr Constraint kDataAndShape[] = {
    {"C1", "data and shape", TakesInputs<2, 2>, FoundInputCount}};
constexpr Constraint kDataAndRepeats[] = {
    {"C1", "data and repeats", TakesInputs<2, 2>, FoundInputCount}};

Result<Types> InferExpand(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> wanted, ParameterInts(n, 1, "shape"));
  const std::optional<Shape> shape = Broadcast(n.shape(0), wanted);
  if (!shape) {
    return NodeError(n, "data of shape ", ShapeToString(n.shape(0)), " does not broadcast to ",
                     ShapeToString(wanted));
  }
  return OneType(n.dtype(0), *shape);
}

Result<Types> InferTile(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> repeats, ParameterInts(n, 1, "repeats"));
  Shape shape = n.shape(0);
  if (repeats.size() != shape.size()) {
    return NodeError(n, repeats.size(), " repeats for data of rank ", shape.size(),
                     "; expected one for each axis");
  }
  for (size_t i = 0; i < shape.size(); ++i) {
    if (repeats[i] < 0 || repeats[i] > (int64_t{1} << 31) || shape[i] > (int64_t{1} << 31)) {
      return NodeError(n, "repeats ", ShapeToString(repeats), "; expected 0 to 2^31 of each");
    }
    shape[i] *= repeats[i];
  }
  return OneType(n.dtype(0), shape);
}

Status LowerRepeat(const ir::Node& node, LowerContext& context) {
  context.AddRecord(node, node.op, {context.TensorOf(node.inputs[0])},
                    {context.TensorOf(node.outputs[0])});
  return {};
}

constexpr OpDef kOps[] = {
    {"expand",
     "Repeated along axes of size 1 to a shape.",
     {},
     kDataAndShape,
     &InferExpand,
     kPlainRule<"Expand", "expand", 2>,
     QuantKind::kSameGrid,
     &LowerRepeat},
    {"tile",
     "Repeated a number of times along each axis.",
     {},
     kDataAndRepeats,
     &InferTile,
     kPlainRule<"Tile", "tile", 2>,
     QuantKind::kSameGrid,
     &LowerRepeat},
};

}  // namespace

std::span<const OpDef> ExpandOps() { return kOps; }

}  // namespace plumb::ops
