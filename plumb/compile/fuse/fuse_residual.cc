#include <utility>

#include "plumb/compile/fuse/fuse.h"

namespace plumb::compile {
namespace {

// The conv behind input `i` of the sum, if it can add the other input in its epilogue; else kNone.
ir::NodeId ConvBehind(const ir::Graph& graph, const ir::Node& sum, size_t i) {
  const ir::ValueId own = sum.inputs[i], other = sum.inputs[1 - i];
  const ir::NodeId conv = graph.value(own).producer;
  const auto per_tensor = [&](ir::ValueId value) {
    return graph.value(value).type.dtype == DType::kS8 &&
           !graph.value(value).quantization.empty() &&
           !graph.value(value).quantization.per_channel();
  };
  const bool fits = IsDenseIntegerConv(graph, conv) && graph.node(conv).inputs.size() <= 5 &&
                    graph.OnlyUser(own) == graph.value(sum.outputs[0]).producer && own != other &&
                    !graph.IsConstant(other) && per_tensor(own) && per_tensor(other) &&
                    per_tensor(sum.outputs[0]) &&
                    graph.value(own).type == graph.value(other).type &&
                    graph.value(own).type == graph.value(sum.outputs[0]).type;
  return fits ? conv : ir::kNone;
}

}  // namespace

int FuseResidual(ir::Graph& graph) {
  int count = 0;
  for (ir::NodeId id : graph.Order()) {
    if (!graph.alive(id) || graph.node(id).op != "add" || graph.node(id).inputs.size() != 2) {
      continue;
    }
    const ir::Node sum = graph.node(id);
    size_t own = 0;
    ir::NodeId conv = ConvBehind(graph, sum, 0);
    // Of two convolutions the later one: the other's result is there by then.
    if (const ir::NodeId second = ConvBehind(graph, sum, 1);
        second != ir::kNone && (conv == ir::kNone || second > conv)) {
      conv = second;
      own = 1;
    }
    if (conv == ir::kNone) {
      continue;
    }
    const ir::Node old = graph.node(conv);
    const Quantization grid = graph.value(sum.inputs[own]).quantization;
    std::vector<ir::ValueId> inputs = old.inputs;
    inputs.resize(5, ir::kNone);
    inputs.push_back(sum.inputs[1 - own]);
    Attributes attributes = old.attributes;
    attributes.Set("own_scale", grid.scale[0]);
    attributes.Set("own_zero_point", static_cast<int64_t>(grid.zero_point[0]));
    for (const auto& [from, to] :
         {std::pair("clamp_lo", "sum_clamp_lo"), std::pair("clamp_hi", "sum_clamp_hi")}) {
      if (sum.attributes.Has(from)) {
        attributes.Set(to, sum.attributes.Int(from, 0));
      }
    }
    graph.RemoveNode(id);
    graph.RemoveNode(conv);
    graph.AddNode(old.op, old.name, std::move(inputs), {sum.outputs[0]}, std::move(attributes),
                  old.origin);
    ++count;
  }
  return count;
}

}  // namespace plumb::compile
