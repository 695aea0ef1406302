// max(min(x, high), low) and min(max(x, low), high) with constants low <= high, and either alone
// after relu or clip: clip(x, low, high).
#include <algorithm>
#include <limits>

#include "plumb/passes/passes.h"
#include "plumb/passes/recognize_activation.h"

namespace plumb::passes {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Bounds {
  ir::ValueId x;
  float low = -kInfinity;
  float high = kInfinity;
};

// The value as a clip of something, or as itself without bounds.
Bounds BoundsOf(const ir::Graph& graph, ir::ValueId value) {
  if (const auto low = MatchScalarOperand(graph, value, "max")) {
    return {low->value, low->constant, kInfinity};
  }
  if (const auto high = MatchScalarOperand(graph, value, "min")) {
    return {high->value, -kInfinity, high->constant};
  }
  if (const ir::NodeId relu = graph.ProducerWithOp(value, "relu"); relu != ir::kNone) {
    return {graph.node(relu).inputs[0], 0.0f, kInfinity};
  }
  const ir::NodeId clip = graph.ProducerWithOp(value, "clip");
  if (clip == ir::kNone) {
    return {value};
  }
  const ir::Node& node = graph.node(clip);
  Bounds bounds = {node.inputs[0]};
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] != ir::kNone) {
      const auto c = ConstantScalar(graph, node.inputs[i]);
      if (!c) {
        return {value};
      }
      (i == 1 ? bounds.low : bounds.high) = *c;
    }
  }
  return bounds;
}

}  // namespace

Result<int> RecognizeClip(ir::Graph& graph) {
  int found = 0;
  for (ir::NodeId id : graph.Order()) {
    const std::string& op = graph.node(id).op;
    if (!graph.alive(id) || (op != "max" && op != "min" && op != "clip" && op != "relu")) {
      continue;
    }
    const ir::ValueId y = graph.node(id).outputs[0];
    if (graph.value(y).type.dtype != DType::kF32) {
      continue;
    }
    const Bounds outer = BoundsOf(graph, y);
    if (outer.x == y || graph.OnlyUser(outer.x) != id) {
      continue;
    }
    const Bounds inner = BoundsOf(graph, outer.x);
    if (inner.x == outer.x) {
      continue;
    }
    const float low = std::clamp(inner.low, outer.low, outer.high);
    const float high = std::clamp(inner.high, outer.low, outer.high);
    if (outer.low > outer.high || inner.low > inner.high || low > high) {
      continue;
    }
    const ir::Node old = graph.node(id);
    std::vector<ir::ValueId> inputs = {inner.x, ir::kNone, ir::kNone};
    if (low != -kInfinity) {
      inputs[1] = graph.AddConstant(old.name + ".min", Tensor::Of<float>({}, {low}));
    }
    if (high != kInfinity) {
      inputs[2] = graph.AddConstant(old.name + ".max", Tensor::Of<float>({}, {high}));
    }
    const bool relu = low == 0.0f && high == kInfinity;
    PLUMB_ASSIGN_OR_RETURN(
        const ir::ValueId fresh,
        EmitTyped(graph, relu ? "relu" : "clip", old.name,
                  relu ? std::vector<ir::ValueId>{inner.x} : inputs, {}, old.origin));
    ReplaceByFresh(graph, id, fresh);
    graph.RemoveDeadNodes();
    ++found;
  }
  return found;
}

}  // namespace plumb::passes
