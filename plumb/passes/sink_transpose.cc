// Transposes move towards the outputs, through everything that commutes with them, until they meet
// their inverse and both vanish, or something that needs the order they make:
//
//   conv -> transpose -> relu -> concat -> transpose^-1 -> conv      becomes      conv -> relu ->
//   concat -> conv
#include "plumb/passes/passes.h"
#include "plumb/passes/transpose_rules.h"

namespace plumb::passes {

Result<int> SinkTranspose(ir::Graph& graph) {
  int moved = 0;
  // One sweep is enough: a transpose that a node leaves behind is met again at the node's readers.
  for (ir::NodeId id : graph.Order()) {
    PLUMB_ASSIGN_OR_RETURN(const bool merged, MergeTransposes(graph, id));
    if (merged) {
      ++moved;
      continue;
    }
    PLUMB_ASSIGN_OR_RETURN(const bool sunk, SinkThrough(graph, id));
    moved += sunk;
  }
  graph.RemoveDeadNodes();
  return moved;
}

}  // namespace plumb::passes
