#include <algorithm>
#include <string>

#include "plumb/compile/fuse/fuse.h"

namespace plumb::compile {

namespace {

// Records whose results are held between the attributes clamp_lo and clamp_hi.
bool TakesLimits(const ir::Graph& graph, ir::NodeId id) {
  if (id == ir::kNone) {
    return false;
  }
  const std::string& op = graph.node(id).op;
  return (IsPlainDot(graph, id) || op == "add" || op == "sub" || op == "mul") &&
         !graph.node(id).attributes.Has("clamp_lo");
}

}  // namespace

int FuseClampTable(ir::Graph& graph) {
  int count = 0;
  for (ir::NodeId id : graph.Order()) {
    if (graph.node(id).op != "table") {
      continue;
    }
    const ir::ValueId in = graph.node(id).inputs[0];
    const ir::ValueId out = graph.node(id).outputs[0];
    const ir::NodeId maker = graph.value(in).producer;
    const Tensor* table = graph.ConstantOf(graph.node(id).inputs[1]);
    if (!TakesLimits(graph, maker) || graph.OnlyUser(in) != id || table == nullptr ||
        table->size() != 256 || graph.value(in).quantization != graph.value(out).quantization) {
      continue;
    }
    const std::span<const int8_t> t = table->values<int8_t>();
    const int lo = *std::min_element(t.begin(), t.end());
    const int hi = *std::max_element(t.begin(), t.end());
    bool clamps = true;
    for (int q = -128; q <= 127; ++q) {
      clamps = clamps && t[static_cast<size_t>(q + 128)] == std::clamp(q, lo, hi);
    }
    if (!clamps) {
      continue;
    }
    graph.node(maker).attributes.Set("clamp_lo", static_cast<int64_t>(lo));
    graph.node(maker).attributes.Set("clamp_hi", static_cast<int64_t>(hi));
    graph.TakeOutput(maker, 0, out);
    graph.RemoveNode(id);
    ++count;
  }
  return count;
}

}  // namespace plumb::compile
