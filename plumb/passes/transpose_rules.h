// How each operator commutes with a transpose of its inputs.
#pragma once

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {

// Where a tensor goes when a permutation moves across an operator.
//   y = op(transpose(x, perm))   becomes   y = transpose(op'(x), perm')
// The node works on x from then on, its axes renumbered; its outputs keep their names and are
// followed by transposes that their readers read. Other operands are permuted: constants at once,
// values by an inverse transpose where they are smaller than the transposed ones. False, and
// nothing changed, where the operator does not commute.
Result<bool> SinkThrough(ir::Graph& graph, ir::NodeId id);

// The same for one transpose after another: they become one, or none.
Result<bool> MergeTransposes(ir::Graph& graph, ir::NodeId id);

// Whether SinkThrough has a rule for the operator and the permutation moves elements through it one
// to one.
[[nodiscard]] bool CommutesWithTranspose(const ir::Graph& graph, ir::NodeId id);
// How many of the node's first inputs carry the data that is transposed; the others are parameters.
[[nodiscard]] size_t DataInputs(const ir::Node& node);

}  // namespace plumb::passes
