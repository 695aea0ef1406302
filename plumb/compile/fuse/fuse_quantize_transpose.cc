#include "plumb/compile/fuse/fuse.h"

namespace plumb::compile {

int FuseQuantizeTranspose(ir::Graph& graph) {
  int count = 0;
  for (ir::NodeId id : graph.Order()) {
    if (!graph.alive(id) || graph.node(id).op != "quantize" ||
        graph.node(id).attributes.Has("perm")) {
      continue;
    }
    const ir::NodeId transpose = graph.OnlyUser(graph.node(id).outputs[0]);
    if (transpose == ir::kNone || graph.node(transpose).op != "transpose" ||
        !graph.node(transpose).attributes.Has("perm")) {
      continue;
    }
    graph.node(id).attributes.Set("perm", graph.node(transpose).attributes.Ints("perm"));
    graph.TakeOutput(id, 0, graph.node(transpose).outputs[0]);
    graph.RemoveNode(transpose);
    ++count;
  }
  return count;
}

}  // namespace plumb::compile
