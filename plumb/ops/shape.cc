// shape, size: what the type of a tensor says, as a tensor. Folded once types are known; never run.

#include <algorithm>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

constexpr Constraint kConstraints[] = {{"C1", "one input", TakesInputs<1, 1>, FoundInputCount}};
constexpr AttributeRule kAttributes[] = {{"start", AttributeRule::Kind::kInt},
                                         {"end", AttributeRule::Kind::kInt}};

Shape PartOfShape(const NodeView& n) {
  const Shape shape = n.shape(0);
  const auto rank = static_cast<int64_t>(shape.size());
  const auto clamp = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank); };
  const int64_t start = clamp(n.attributes().Int("start", 0));
  const int64_t end = std::max(start, clamp(n.attributes().Int("end", rank)));
  return Shape(shape.begin() + start, shape.begin() + end);
}

Result<Types> InferShape(const NodeView& n) {
  return OneType(DType::kS64, {static_cast<int64_t>(PartOfShape(n).size())});
}
Result<Types> InferSize(const NodeView&) { return OneType(DType::kS64, {}); }

std::vector<Tensor> FoldShape(const NodeView& n) {
  const Shape part = PartOfShape(n);
  return {Tensor::Of<int64_t>({static_cast<int64_t>(part.size())}, part)};
}
std::vector<Tensor> FoldSize(const NodeView& n) {
  return {Tensor::Of<int64_t>({}, std::vector<int64_t>{NumElements(n.shape(0))})};
}

Status ImportShape(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  Attributes attributes;
  if (in.Has("start")) {
    attributes.Set("start", in.Int("start", 0));
  }
  if (in.Has("end")) {
    attributes.Set("end", in.Int("end", 0));
  }
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("shape", node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kShape[] = {{"onnx", "Shape", &ImportShape}};

// A graph that was not folded: the constant takes the place of the value.
template <std::vector<Tensor> (*kFold)(const NodeView&)>
Status LowerFolded(const ir::Node& node, LowerContext& context) {
  Tensor value = std::move(kFold(NodeView(context.graph(), node))[0]);
  const int32_t constant = context.AddConstant(node.name + ".value", std::move(value));
  context.AddRecord(node, "reshape", {constant}, {context.TensorOf(node.outputs[0])});
  return {};
}

constexpr OpDef kOps[] = {
    {"shape", "The sizes of a tensor, all or from start to end.", kAttributes, kConstraints,
     &InferShape, kShape, QuantKind::kFloat, &LowerFolded<FoldShape>, &FoldShape},
    {"size",
     "The number of elements of a tensor.",
     {},
     kConstraints,
     &InferSize,
     kPlainRule<"Size", "size">,
     QuantKind::kFloat,
     &LowerFolded<FoldSize>,
     &FoldSize},
};

}  // namespace

std::span<const OpDef> ShapeOps() { return kOps; }

}  // namespace plumb::ops
