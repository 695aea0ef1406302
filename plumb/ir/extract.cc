#include "plumb/ir/extract.h"

#include <algorithm>
#include <map>
#include <set>

namespace plumb::ir {

Result<Graph> Extract(const Graph& graph, std::span<const ValueId> inputs,
                      std::span<const ValueId> outputs) {
  const std::set<ValueId> given(inputs.begin(), inputs.end());
  std::set<NodeId> nodes;
  std::vector<ValueId> open(outputs.begin(), outputs.end());
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    if (value == kNone || given.contains(value) || graph.IsConstant(value)) {
      continue;
    }
    const NodeId producer = graph.value(value).producer;
    if (producer == kNone) {
      return UsageError("'", graph.value(value).name,
                        "' is needed but is neither made inside the part nor among its inputs");
    }
    if (nodes.insert(producer).second) {
      open.insert(open.end(), graph.node(producer).inputs.begin(),
                  graph.node(producer).inputs.end());
    }
  }
  Graph part;
  part.name = graph.name;
  std::map<ValueId, ValueId> made;
  const auto copy = [&](ValueId id) -> ValueId {
    if (id == kNone) {
      return kNone;
    }
    const auto known = made.find(id);
    if (known != made.end()) {
      return known->second;
    }
    const Value& old = graph.value(id);
    const ValueId fresh = part.AddValue(old.name, old.type);
    part.value(fresh).quantization = old.quantization;
    part.value(fresh).constant = given.contains(id) ? nullptr : old.constant;
    made.emplace(id, fresh);
    return fresh;
  };
  for (ValueId id : inputs) {
    part.inputs.push_back({copy(id), graph.value(id).type.dtype});
  }
  for (NodeId id : nodes) {
    const Node& node = graph.node(id);
    std::vector<ValueId> in, out;
    std::transform(node.inputs.begin(), node.inputs.end(), std::back_inserter(in), copy);
    for (ValueId value : node.outputs) {
      // A given value that a node inside would make too stays an input; the node's own product gets a fresh name.
      out.push_back(value == kNone || !given.contains(value)
                        ? copy(value)
                        : part.AddValue(graph.value(value).name, graph.value(value).type));
    }
    part.AddNode(node.op, node.name, in, out, node.attributes, node.origin);
  }
  for (ValueId id : outputs) {
    part.AddOutput(graph.value(id).name, copy(id));
  }
  return part;
}

}  // namespace plumb::ir
