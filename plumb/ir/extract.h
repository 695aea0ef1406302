// A part of a graph as a graph of its own.
#pragma once

#include <span>

#include "plumb/ir/graph.h"

namespace plumb::ir {

// The nodes that make `outputs` from `inputs` (and constants). Values keep their names. Everything the outputs depend on
// must come from `inputs` or constants; what does not is an error that names it.
[[nodiscard]] Result<Graph> Extract(const Graph& graph, std::span<const ValueId> inputs,
                                    std::span<const ValueId> outputs);

}  // namespace plumb::ir
