#include "plumb/compile/fuse/fuse.h"

namespace plumb::compile {

int FuseTable(ir::Graph& graph) {
  int count = 0;
  for (ir::NodeId id : graph.Order()) {
    if (graph.node(id).op != "table") {
      continue;
    }
    const ir::ValueId in = graph.node(id).inputs[0];
    const ir::ValueId table = graph.node(id).inputs[1];
    const ir::ValueId out = graph.node(id).outputs[0];
    const ir::NodeId dot = graph.value(in).producer;
    if (!IsPlainDot(graph, dot) || graph.OnlyUser(in) != id || !graph.IsConstant(table) ||
        graph.ConstantOf(table)->size() != 256 || graph.value(in).quantization.per_channel() ||
        graph.value(in).type.dtype != DType::kS8 || graph.node(dot).attributes.Has("clamp_lo")) {
      continue;
    }
    const ir::Node old = graph.node(dot);
    std::vector<ir::ValueId> inputs = old.inputs;
    inputs.resize(4, ir::kNone);
    inputs.push_back(table);
    Attributes attributes = old.attributes;
    attributes.Set("function", std::string("table"));
    attributes.Set("mid_zero_point",
                   static_cast<int64_t>(graph.value(in).quantization.zero_point[0]));
    graph.RemoveNode(id);
    graph.RemoveNode(dot);
    graph.AddNode(old.op, old.name, std::move(inputs), {out}, std::move(attributes), old.origin);
    ++count;
  }
  return count;
}

}  // namespace plumb::compile
