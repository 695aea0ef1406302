// fully_connected(x, weights, bias?, m?, table?): x times the transpose of weights [N, K].
// Recognition passes make it; integer nodes have the form of their record, as conv.

#include <algorithm>

#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool ShapesFit(const NodeView& n) {
  return n.rank(0) >= 1 && n.rank(1) == 2 && n.shape(0).back() == n.shape(1)[1];
}
bool ParametersFit(const NodeView& n) {
  const Shape per_output = {n.shape(1)[0]};
  return (!n.HasInput(2) || n.shape(2) == per_output) &&
         (!n.HasInput(3) || n.shape(3) == per_output) &&
         (!n.HasInput(4) || (n.shape(4) == Shape{256} && n.dtype(4) == DType::kS8));
}
bool TypesFit(const NodeView& n) {
  if (n.dtype(0) == DType::kF32) {
    return n.dtype(1) == DType::kF32 && n.input_count() <= 3 &&
           (!n.HasInput(2) || n.dtype(2) == DType::kF32);
  }
  return IntegerProductTypesFit(n);
}
bool OutputTypeIsKnown(const NodeView& n) {
  const std::string type = n.attributes().String("output_dtype", "s8");
  return type == "s8" || type == "s16" || type == "f32";
}
std::string FoundOutputType(const NodeView& n) {
  return StrCat("output_dtype '", n.attributes().String("output_dtype", ""), "'");
}
constexpr Constraint kConstraints[] = {
    {"C1", "x, weights and, optionally, bias, factors and table", TakesInputs<2, 5>,
     FoundInputCount},
    {"C2", "weights are a matrix with as many columns as x has in its last axis", ShapesFit,
     FoundTypes},
    {"C3",
     "all f32, or x and weights s8 with s32 bias, or x s16 with weights s8 or s16 and s64 bias; "
     "integers with f32 factors",
     TypesFit, FoundTypes},
    {"C4", "bias and factors have one entry for each output", ParametersFit, FoundTypes},
    {"C5", "output_dtype is s8, s16 or f32", OutputTypeIsKnown, FoundOutputType},
};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {{"function", Kind::kString},
                                         {"clamp_lo", Kind::kInt},
                                         {"clamp_hi", Kind::kInt},
                                         {"mid_zero_point", Kind::kInt},
                                         {"output_dtype", Kind::kString}};

Result<Types> InferFullyConnected(const NodeView& n) {
  Shape shape = n.shape(0);
  shape.back() = n.shape(1)[0];
  return OneType(n.dtype(0) == DType::kF32
                     ? DType::kF32
                     : *DTypeFromName(n.attributes().String("output_dtype", "s8")),
                 shape);
}

Status LowerFullyConnected(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  if (view.constant(1) == nullptr) {
    return NodeError(view, "the weights (input 1) are computed at run time; expected a constant");
  }
  Attributes attributes = node.attributes;
  attributes.Erase("output_dtype");
  std::vector<int32_t> inputs = context.TensorsOf(node.inputs);
  inputs.resize(std::max<size_t>(inputs.size(), 3), -1);
  context.AddRecord(node, "fully_connected", std::move(inputs), context.TensorsOf(node.outputs),
                    std::move(attributes));
  return {};
}

constexpr OpDef kOps[] = {{"fully_connected",
                           "x times the transpose of constant weights.",
                           kAttributes,
                           kConstraints,
                           &InferFullyConnected,
                           {},
                           QuantKind::kDot,
                           &LowerFullyConnected}};

}  // namespace

std::span<const OpDef> FullyConnectedOps() { return kOps; }

}  // namespace plumb::ops
