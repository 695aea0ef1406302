// A table of a program against the function it stands for, which the graph has.
#pragma once

#include "plumb/verify/diagnose/layer_comparison.h"

namespace plumb::verify {

// Nothing is said of a record without a table, or whose function the graph does not name.
[[nodiscard]] std::optional<LayerFault> CheckTable(const artifact::Program& a,
                                                   const artifact::Record& record,
                                                   const ir::Graph& graph);

}  // namespace plumb::verify
