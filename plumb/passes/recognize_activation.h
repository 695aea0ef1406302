// Patterns of elementwise operators, as the recognising passes need them.
#pragma once

#include <optional>

#include "plumb/ir/graph.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {

// The operands of a commutative node, one of which is an f32 constant with one value.
struct ScaledValue {
  ir::ValueId value;
  float constant;
};
// x * c or c * x made by a node `op` whose constant is not larger than x; nothing otherwise.
[[nodiscard]] std::optional<ScaledValue> MatchScalarOperand(const ir::Graph& graph,
                                                            ir::ValueId value, std::string_view op);
// The other operand when `one` is an operand of the node with two inputs; kNone otherwise.
[[nodiscard]] ir::ValueId OtherOperand(const ir::Node& node, ir::ValueId one);
// Replaces the node, the end of a pattern, by op(x). Inner nodes that others read stay.
Status ReplaceByFunction(ir::Graph& graph, ir::NodeId end, std::string_view op, ir::ValueId x,
                         Attributes attributes = {});

}  // namespace plumb::passes
