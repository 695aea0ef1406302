#include "plumb/compile/fuse/fuse.h"

namespace plumb::compile {

bool IsPlainDot(const ir::Graph& graph, ir::NodeId id) {
  if (id == ir::kNone) {
    return false;
  }
  const ir::Node& node = graph.node(id);
  return (node.op == "conv" || node.op == "fully_connected") &&
         node.attributes.String("function", "none") == "none";
}

int Fuse(ir::Graph& graph) {
  int count = FuseClampTable(
      graph);  // before FuseTable, which would take the same pairs at the cost of a look-up
  count += FuseTable(graph);
  count += FuseFunction(graph);
  graph.RemoveDeadNodes();
  return count;
}

}  // namespace plumb::compile
