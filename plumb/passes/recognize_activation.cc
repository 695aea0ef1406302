#include "plumb/passes/recognize_activation.h"

namespace plumb::passes {

std::optional<ScaledValue> MatchScalarOperand(const ir::Graph& graph, ir::ValueId value,
                                              std::string_view op) {
  const ir::NodeId id = graph.ProducerWithOp(value, op);
  if (id == ir::kNone) {
    return std::nullopt;
  }
  const ir::Node& node = graph.node(id);
  const bool commutes = op == "add" || op == "mul" || op == "max" || op == "min";
  for (size_t i = 0; i < 2; ++i) {
    const std::optional<float> c = ConstantScalar(graph, node.inputs[i]);
    const ir::ValueId other = node.inputs[1 - i];
    if (c && (i == 1 || commutes) && graph.value(other).type == graph.value(value).type) {
      return ScaledValue{other, *c};
    }
  }
  return std::nullopt;
}

ir::ValueId OtherOperand(const ir::Node& node, ir::ValueId one) {
  if (node.inputs.size() != 2) {
    return ir::kNone;
  }
  return node.inputs[0] == one   ? node.inputs[1]
         : node.inputs[1] == one ? node.inputs[0]
                                 : ir::kNone;
}

Status ReplaceByFunction(ir::Graph& graph, ir::NodeId end, std::string_view op, ir::ValueId x,
                         Attributes attributes) {
  const ir::Node old = graph.node(end);
  PLUMB_ASSIGN_OR_RETURN(const ir::ValueId fresh,
                         EmitTyped(graph, op, old.name, {x}, std::move(attributes), old.origin));
  ReplaceByFresh(graph, end, fresh);
  return {};
}

}  // namespace plumb::passes
