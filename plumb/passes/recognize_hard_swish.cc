// x * clip(x + 3, 0, 6) / 6, with the division or the multiplication by 1/6 anywhere, and x *
// hard_sigmoid(x) with alpha 1/6 and beta 1/2: hard_swish(x).
#include <cmath>

#include "plumb/passes/passes.h"
#include "plumb/passes/recognize_activation.h"

namespace plumb::passes {
namespace {

bool Near(float a, float b) { return std::fabs(a - b) <= 1e-6f * std::fabs(b); }

// y = v / 6: gives v, else kNone.
ir::ValueId SixthOf(const ir::Graph& graph, ir::ValueId y) {
  if (const auto div = MatchScalarOperand(graph, y, "div"); div && div->constant == 6.0f) {
    return div->value;
  }
  if (const auto mul = MatchScalarOperand(graph, y, "mul"); mul && Near(mul->constant, 1.0f / 6)) {
    return mul->value;
  }
  return ir::kNone;
}

// y = clip(x + 3, 0, 6): gives x, else kNone.
ir::ValueId ClippedSum(const ir::Graph& graph, ir::ValueId y) {
  const ir::NodeId clip = graph.ProducerWithOp(y, "clip");
  if (clip == ir::kNone) {
    return ir::kNone;
  }
  const ir::Node& node = graph.node(clip);
  if (node.inputs.size() < 3 || ConstantScalar(graph, node.inputs[1]) != 0.0f ||
      ConstantScalar(graph, node.inputs[2]) != 6.0f) {
    return ir::kNone;
  }
  const auto sum = MatchScalarOperand(graph, node.inputs[0], "add");
  return sum && sum->constant == 3.0f ? sum->value : ir::kNone;
}

// y = clip(x + 3, 0, 6) / 6: gives x, else kNone.
ir::ValueId HardSigmoidOf(const ir::Graph& graph, ir::ValueId y) {
  const ir::NodeId id = graph.ProducerWithOp(y, "hard_sigmoid");
  if (id != ir::kNone && Near(graph.node(id).attributes.Float("alpha", 0.2f), 1.0f / 6) &&
      graph.node(id).attributes.Float("beta", 0.5f) == 0.5f) {
    return graph.node(id).inputs[0];
  }
  const ir::ValueId clipped = SixthOf(graph, y);
  return clipped == ir::kNone ? ir::kNone : ClippedSum(graph, clipped);
}

// The x for which the value is hard_swish(x), else kNone. Inner values must have no other reader.
ir::ValueId HardSwishOf(const ir::Graph& graph, ir::ValueId y) {
  const auto product = [&](ir::ValueId value, auto gate_of) {
    const ir::NodeId mul = graph.ProducerWithOp(value, "mul");
    if (mul != ir::kNone) {
      for (size_t i = 0; i < 2; ++i) {
        const ir::ValueId gate = graph.node(mul).inputs[i];
        const ir::ValueId x = graph.node(mul).inputs[1 - i];
        if (graph.OnlyUser(gate) == mul && gate_of(graph, gate) == x) {
          return x;
        }
      }
    }
    return ir::ValueId{ir::kNone};
  };
  if (const ir::ValueId x = product(y, HardSigmoidOf); x != ir::kNone) {
    return x;  // x * (clip(x + 3) / 6)
  }
  if (const ir::ValueId inner = SixthOf(graph, y);
      inner != ir::kNone && graph.OnlyUser(inner) == graph.value(y).producer) {
    if (const ir::ValueId x = product(inner, ClippedSum); x != ir::kNone) {
      return x;  // (x * clip(x + 3)) / 6
    }
  }
  // (x / 6) * clip(x + 3)
  const ir::NodeId mul = graph.ProducerWithOp(y, "mul");
  for (size_t i = 0; mul != ir::kNone && i < 2; ++i) {
    const ir::ValueId sixth = graph.node(mul).inputs[i];
    const ir::ValueId clipped = graph.node(mul).inputs[1 - i];
    const ir::ValueId x = SixthOf(graph, sixth);
    if (x != ir::kNone && ClippedSum(graph, clipped) == x && graph.OnlyUser(sixth) == mul &&
        graph.OnlyUser(clipped) == mul) {
      return x;
    }
  }
  return ir::kNone;
}

}  // namespace

Result<int> RecognizeHardSwish(ir::Graph& graph) {
  int found = 0;
  for (ir::NodeId id : graph.Order()) {
    if (!graph.alive(id) || (graph.node(id).op != "mul" && graph.node(id).op != "div")) {
      continue;
    }
    const ir::ValueId x = HardSwishOf(graph, graph.node(id).outputs[0]);
    if (x != ir::kNone) {
      PLUMB_RETURN_IF_ERROR(ReplaceByFunction(graph, id, "hard_swish", x));
      graph.RemoveDeadNodes();
      ++found;
    }
  }
  return found;
}

}  // namespace plumb::passes
