// Graph -> program, and running graphs in memory: calibration, constant folding, checks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/ir/graph.h"
#include "plumb/runtime/session.h"

namespace plumb::lower {

// Every node must be lowerable: types known, layout NHWC where an operator has one. All that is not is reported at once.
[[nodiscard]] Result<std::shared_ptr<const artifact::Program>> Lower(const ir::Graph& graph);

// Evaluates the node, all of whose inputs are constants (or whose result their types decide: shape, size); gives its
// outputs, an empty tensor for one that is left out. The types of its outputs must be known.
[[nodiscard]] Result<std::vector<Tensor>> EvaluateNode(const ir::Graph& graph, ir::NodeId node);

// Runs the graph once on inputs in port order (each of its input value's type) and returns the outputs in port order.
[[nodiscard]] Result<std::vector<Tensor>> RunGraph(const ir::Graph& graph,
                                                   std::span<const Tensor> inputs, int threads = 1);

}  // namespace plumb::lower
