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

bool IsDenseIntegerConv(const ir::Graph& graph, ir::NodeId id) {
  if (id == ir::kNone || graph.node(id).op != "conv" ||
      graph.value(graph.node(id).inputs[0]).type.dtype != DType::kS8) {
    return false;
  }
  const int64_t groups = graph.node(id).attributes.Int("groups", 1);
  const Shape w = graph.value(graph.node(id).inputs[1]).type.shape();
  return !(groups == w[0] && w.back() == 1);
}

int Fuse(ir::Graph& graph) {
  int count = FuseClampTable(
      graph);  // before FuseTable, which would take the same pairs at the cost of a look-up
  count += FuseTable(graph);
  count += FuseFunction(graph);
  count += FuseResidual(graph);
  count += FuseQuantizeTranspose(graph);
  count += FuseOutputTranspose(graph);
  graph.RemoveDeadNodes();
  return count;
}

}  // namespace plumb::compile
