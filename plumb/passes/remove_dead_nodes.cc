// Nodes whose outputs nobody reads.
#include "plumb/passes/passes.h"

namespace plumb::passes {

Result<int> RemoveDeadNodes(ir::Graph& graph) { return graph.RemoveDeadNodes(); }

}  // namespace plumb::passes
