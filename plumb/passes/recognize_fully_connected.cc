// matmul(x, w) with a constant matrix w [K,N]: fully_connected(x, w transposed [N,K]).
#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {

Result<int> RecognizeFullyConnected(ir::Graph& graph) {
  int found = 0;
  for (ir::NodeId id : graph.Order()) {
    const ir::Node old = graph.node(id);
    if (old.op != "matmul" || !graph.IsConstant(old.inputs[1]) ||
        RankOf(graph, old.inputs[1]) != 2 || RankOf(graph, old.inputs[0]) < 2 ||
        graph.value(old.outputs[0]).type.dtype != DType::kF32) {
      continue;
    }
    PLUMB_ASSIGN_OR_RETURN(
        const ir::ValueId weights,
        EmitTranspose(graph, old.inputs[1], {1, 0}, graph.value(old.inputs[1]).name));
    PLUMB_ASSIGN_OR_RETURN(
        const ir::ValueId fresh,
        EmitTyped(graph, "fully_connected", old.name, {old.inputs[0], weights}, {}, old.origin));
    ReplaceByFresh(graph, id, fresh);
    ++found;
  }
  return found;
}

}  // namespace plumb::passes
