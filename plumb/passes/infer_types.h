// Types and constants: what is known before anything runs.
#pragma once

#include "plumb/base/quantization.h"
#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb::passes {

// One sweep in topological order: checks every node, infers the types of its outputs, and replaces
// the outputs by constants where the inputs are constants or where their types decide (shape,
// size). Afterwards all types are known; what is not is an error naming the node and the dimension.
// Results above 64 MiB that are larger than what they are computed from stay nodes. A dequantized
// constant keeps its grid in Value::quantization when that is symmetric. Returns how many nodes
// became constants.
Result<int> InferTypes(ir::Graph& graph);

// The steps of it for one node. Requires known types of the inputs.
Status InferNode(ir::Graph& graph, ir::NodeId id);
Result<bool> FoldNode(ir::Graph& graph,
                      ir::NodeId id);  // true: it is gone, its outputs are constants

// The grid of the outputs of a node that only moves elements: that of its input, along the axis
// where it then is. Empty where there is none, or where it cannot be said.
[[nodiscard]] Quantization MovedGrid(const ir::Graph& graph, const ir::Node& node);

}  // namespace plumb::passes
