// Nodes that give back what they are given: y = x.
#include <algorithm>
#include <string_view>

#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {
namespace {

bool AllEqual(const ir::Graph& graph, const ir::Node& node, size_t input, int64_t value) {
  if (input >= node.inputs.size() || node.inputs[input] == ir::kNone) {
    return false;
  }
  const auto list = ConstantInts(graph, node.inputs[input]);
  return list && std::all_of(list->begin(), list->end(), [&](int64_t v) { return v == value; });
}

// The second operand is a constant that changes no bit of the first.
bool IsNeutralOperand(const ir::Graph& graph, const ir::Node& node) {
  const std::optional<float> c = ConstantScalar(graph, node.inputs[1]);
  return c && *c == 1.0f && (node.op == "mul" || node.op == "div");
}

// The type of the output is known to be that of input 0.
bool GivesBackItsInput(const ir::Graph& graph, const ir::Node& node) {
  const std::string_view op = node.op;
  if (op == "identity" || op == "reshape" || op == "expand" || op == "cast" || op == "squeeze" ||
      op == "unsqueeze" || op == "flatten" || op == "tile") {
    return true;
  }
  if (op == "transpose") {
    return IsIdentity(node.attributes.Ints("perm"));
  }
  if (op == "concat") {
    return node.inputs.size() == 1;
  }
  if (op == "split") {
    return node.outputs.size() == 1;
  }
  if (op == "slice") {
    return node.inputs.size() < 5 || node.inputs[4] == ir::kNone || AllEqual(graph, node, 4, 1);
  }
  if (op == "pad") {
    return AllEqual(graph, node, 1, 0);
  }
  if (op == "clip") {
    return std::all_of(node.inputs.begin() + 1, node.inputs.end(),
                       [](ir::ValueId in) { return in == ir::kNone; });
  }
  return node.inputs.size() == 2 && IsNeutralOperand(graph, node);
}

// One of two names is lost. Passes put reshapes behind values that they made up, so there the later
// name is the model's.
void Remove(ir::Graph& graph, ir::NodeId id) {
  const ir::ValueId in = graph.node(id).inputs[0];
  const ir::ValueId out = graph.node(id).outputs[0];
  const ir::NodeId producer = graph.value(in).producer;
  if (graph.node(id).op != "reshape" || producer == ir::kNone || graph.OnlyUser(in) != id) {
    ReplaceByExisting(graph, id, in);
    return;
  }
  const auto& outputs = graph.node(producer).outputs;
  graph.TakeOutput(
      producer,
      static_cast<size_t>(std::find(outputs.begin(), outputs.end(), in) - outputs.begin()), out);
  graph.RemoveNode(id);
}

}  // namespace

Result<int> RemoveNoOps(ir::Graph& graph) {
  int removed = 0;
  for (ir::NodeId id : graph.Order()) {
    const ir::Node& node = graph.node(id);
    if (node.inputs.empty() || node.inputs[0] == ir::kNone || node.outputs.size() != 1) {
      continue;
    }
    const ir::Value& in = graph.value(node.inputs[0]);
    const ir::Value& out = graph.value(node.outputs[0]);
    if (in.type == out.type && in.quantization == out.quantization &&
        GivesBackItsInput(graph, node)) {
      Remove(graph, id);
      ++removed;
    }
  }
  return removed;
}

}  // namespace plumb::passes
