// A concat of a concat along the same axis is one concat.
#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {

Result<int> MergeConcat(ir::Graph& graph) {
  int merged = 0;
  for (ir::NodeId id : graph.Order()) {
    if (graph.node(id).op != "concat") {
      continue;
    }
    const ir::Node old = graph.node(id);
    const int64_t rank = RankOf(graph, old.outputs[0]);
    const int64_t axis = NormalAxis(old.attributes.Int("axis", 1), rank);
    std::vector<ir::ValueId> inputs;
    for (ir::ValueId in : old.inputs) {
      const ir::NodeId inner = graph.ProducerWithOp(in, "concat");
      if (inner != ir::kNone && graph.OnlyUser(in) == id &&
          NormalAxis(graph.node(inner).attributes.Int("axis", 1), rank) == axis &&
          graph.value(in).quantization == graph.value(old.outputs[0]).quantization) {
        inputs.insert(inputs.end(), graph.node(inner).inputs.begin(),
                      graph.node(inner).inputs.end());
      } else {
        inputs.push_back(in);
      }
    }
    if (inputs.size() == old.inputs.size()) {
      continue;
    }
    const Quantization grid = graph.value(old.outputs[0]).quantization;
    PLUMB_ASSIGN_OR_RETURN(
        const ir::ValueId fresh,
        EmitTyped(graph, "concat", old.name, std::move(inputs), old.attributes, old.origin));
    graph.value(fresh).quantization = grid;
    ReplaceByFresh(graph, id, fresh);
    graph.RemoveDeadNodes();
    ++merged;
  }
  return merged;
}

}  // namespace plumb::passes
