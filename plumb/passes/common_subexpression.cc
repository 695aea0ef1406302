// Two nodes of the same operator with the same inputs and attributes: readers of the second read
// the first.
#include <cstring>
#include <map>
#include <tuple>

#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {
namespace {

// Equal for constants of equal contents: those are often written once for each reader.
using Key = std::tuple<std::string, std::vector<ir::ValueId>,
                       std::vector<std::pair<std::string, Attribute>>>;

bool SameTensor(const ir::Value& a, const ir::Value& b) {
  return a.type == b.type && a.quantization == b.quantization &&
         a.constant->bytes() == b.constant->bytes() &&
         (a.constant->bytes() == 0 ||
          std::memcmp(a.constant->raw(), b.constant->raw(), a.constant->bytes()) == 0);
}

// For each value, the one that stands for it: itself, or an equal small constant with a lower id.
std::vector<ir::ValueId> Representatives(const ir::Graph& graph) {
  constexpr size_t kSmall = 1024;  // bytes; weights are not compared
  std::map<size_t, std::vector<ir::ValueId>> by_size;
  std::vector<ir::ValueId> representative(graph.value_count());
  for (size_t i = 0; i < graph.value_count(); ++i) {
    const auto id = static_cast<ir::ValueId>(i);
    representative[i] = id;
    if (!graph.IsConstant(id) || graph.ConstantOf(id)->bytes() > kSmall) {
      continue;
    }
    std::vector<ir::ValueId>& others = by_size[graph.ConstantOf(id)->bytes()];
    for (ir::ValueId other : others) {
      if (SameTensor(graph.value(id), graph.value(other))) {
        representative[i] = other;
        break;
      }
    }
    if (representative[i] == id) {
      others.push_back(id);
    }
  }
  return representative;
}

}  // namespace

Result<int> CommonSubexpression(ir::Graph& graph) {
  std::vector<ir::ValueId> representative = Representatives(graph);
  std::map<Key, ir::NodeId> first;
  int merged = 0;
  for (ir::NodeId id : graph.Order()) {
    const ir::Node& node = graph.node(id);
    if (node.outputs.size() != 1 || node.outputs[0] == ir::kNone) {
      continue;
    }
    std::vector<ir::ValueId> inputs = node.inputs;
    for (ir::ValueId& in : inputs) {
      in = in == ir::kNone ? in : representative[static_cast<size_t>(in)];
    }
    Key key = {node.op, inputs, {node.attributes.begin(), node.attributes.end()}};
    const auto [at, is_new] = first.emplace(std::move(key), id);
    if (is_new) {
      continue;
    }
    const ir::ValueId kept = graph.node(at->second).outputs[0];
    if (graph.value(kept).type != graph.value(node.outputs[0]).type ||
        graph.value(kept).quantization != graph.value(node.outputs[0]).quantization) {
      continue;
    }
    representative[static_cast<size_t>(node.outputs[0])] = kept;
    ReplaceByExisting(graph, id, kept);
    ++merged;
  }
  return merged;
}

}  // namespace plumb::passes
