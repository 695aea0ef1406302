#include "plumb/compile/fuse/fuse.h"

namespace plumb::compile {

int FuseOutputTranspose(ir::Graph& graph) {
  int count = 0;
  for (ir::NodeId id : graph.Order()) {
    if (!graph.alive(id) || !IsDenseIntegerConv(graph, id) ||
        graph.value(graph.node(id).outputs[0]).type.dtype != DType::kF32 ||
        graph.node(id).attributes.Has("output_layout")) {
      continue;
    }
    const ir::NodeId transpose = graph.OnlyUser(graph.node(id).outputs[0]);
    if (transpose == ir::kNone || graph.node(transpose).op != "transpose" ||
        graph.node(transpose).attributes.Ints("perm") != std::vector<int64_t>{0, 3, 1, 2}) {
      continue;
    }
    graph.node(id).attributes.Set("output_layout", std::string("nchw"));
    graph.TakeOutput(id, 0, graph.node(transpose).outputs[0]);
    graph.RemoveNode(transpose);
    ++count;
  }
  return count;
}

}  // namespace plumb::compile
