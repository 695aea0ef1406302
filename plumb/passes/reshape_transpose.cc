// A transpose that moves only axes of size 1 leaves every element where it is: it is a reshape,
// which costs nothing.
#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {

Result<int> ReshapeTranspose(ir::Graph& graph) {
  int rewrites = 0;
  for (ir::NodeId id : graph.Order()) {
    if (graph.node(id).op != "transpose") {
      continue;
    }
    const ir::Node old = graph.node(id);
    if (!MovesNothing(old.attributes.Ints("perm"), ShapeOf(graph, old.inputs[0]))) {
      continue;
    }
    const Quantization grid = graph.value(old.outputs[0]).quantization;
    PLUMB_ASSIGN_OR_RETURN(
        const ir::ValueId fresh,
        EmitReshape(graph, old.inputs[0], ShapeOf(graph, old.outputs[0]), old.name));
    graph.value(fresh).quantization = grid;
    ReplaceByFresh(graph, id, fresh);
    ++rewrites;
  }
  return rewrites;
}

}  // namespace plumb::passes
