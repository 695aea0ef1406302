// x * sigmoid(x), in either order: silu(x).
#include "plumb/passes/passes.h"
#include "plumb/passes/recognize_activation.h"

namespace plumb::passes {

Result<int> RecognizeSilu(ir::Graph& graph) {
  int found = 0;
  for (ir::NodeId id : graph.Order()) {
    if (!graph.alive(id) || graph.node(id).op != "mul") {
      continue;
    }
    for (size_t i = 0; i < 2; ++i) {
      const ir::ValueId gate = graph.node(id).inputs[i];
      const ir::ValueId x = graph.node(id).inputs[1 - i];
      const ir::NodeId sigmoid = graph.ProducerWithOp(gate, "sigmoid");
      // With another reader the sigmoid is computed anyway.
      if (sigmoid != ir::kNone && graph.node(sigmoid).inputs[0] == x &&
          graph.OnlyUser(gate) == id) {
        PLUMB_RETURN_IF_ERROR(ReplaceByFunction(graph, id, "silu", x));
        ++found;
        break;
      }
    }
  }
  graph.RemoveDeadNodes();
  return found;
}

}  // namespace plumb::passes
