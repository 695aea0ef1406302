// Transposes near the inputs move up to them, so that everything behind works in one layout and a
// picture may be given with its channels last:
//
//   input -> slice, slice -> concat -> transpose -> conv      becomes      input -> transpose ->
//   slice, slice -> concat -> conv
//
// Only where nothing but graph inputs and constants stands above, and where every reader asks for
// the same transpose.
#include <algorithm>
#include <optional>
#include <set>

#include "plumb/passes/passes.h"
#include "plumb/passes/transpose_rules.h"

namespace plumb::passes {
namespace {

// Made from graph inputs and constants by nodes that commute with transposes.
class NearInputs {
 public:
  explicit NearInputs(const ir::Graph& graph) {
    for (const ir::Input& input : graph.inputs) {
      near_.insert(input.value);
    }
    for (ir::NodeId id : graph.Order()) {
      const ir::Node& node = graph.node(id);
      if (!CommutesWithTranspose(graph, id)) {
        continue;
      }
      const size_t data = DataInputs(node);
      const bool near =
          std::all_of(node.inputs.begin(), node.inputs.begin() + static_cast<ptrdiff_t>(data),
                      [&](ir::ValueId in) { return graph.IsConstant(in) || near_.contains(in); });
      if (near) {
        near_.insert(node.outputs.begin(), node.outputs.end());
      }
    }
  }
  [[nodiscard]] bool Contains(ir::ValueId value) const { return near_.contains(value); }

 private:
  std::set<ir::ValueId> near_;
};

// The permutation that all readers of the node's outputs apply, if they do nothing else.
std::optional<Permutation> WantedPermutation(const ir::Graph& graph, const ir::Node& node) {
  std::optional<Permutation> wanted;
  for (ir::ValueId out : node.outputs) {
    if (out == ir::kNone) {
      continue;
    }
    if (graph.IsOutput(out)) {
      return std::nullopt;
    }
    for (ir::NodeId user : graph.Users(out)) {
      const ir::Node& reader = graph.node(user);
      if (reader.op != "transpose" || (wanted && *wanted != reader.attributes.Ints("perm"))) {
        return std::nullopt;
      }
      wanted = reader.attributes.Ints("perm");
    }
  }
  return wanted;
}

// The value's transpose that is there already, or a new one.
Result<ir::ValueId> Transposed(ir::Graph& graph, ir::ValueId value, const Permutation& perm) {
  for (ir::NodeId user : graph.Users(value)) {
    if (graph.node(user).op == "transpose" && graph.node(user).attributes.Ints("perm") == perm) {
      return graph.node(user).outputs[0];
    }
  }
  return EmitTranspose(graph, value, perm, graph.value(value).name + ".transposed");
}

Result<bool> HoistAbove(ir::Graph& graph, ir::NodeId id, const Permutation& perm) {
  const size_t data = DataInputs(graph.node(id));
  for (size_t i = 0; i < data; ++i) {
    const ir::ValueId in = graph.node(id).inputs[i];
    if (graph.IsConstant(in)) {
      continue;
    }
    if (RankOf(graph, in) != static_cast<int64_t>(perm.size())) {
      return false;
    }
  }
  // There and back again: the way back then sinks through the node and meets the transposes of the
  // readers.
  std::vector<ir::ValueId> before = graph.node(id).inputs;
  for (size_t i = 0; i < data; ++i) {
    const ir::ValueId in = before[i];
    if (graph.IsConstant(in)) {
      continue;
    }
    PLUMB_ASSIGN_OR_RETURN(const ir::ValueId there, Transposed(graph, in, perm));
    PLUMB_ASSIGN_OR_RETURN(const ir::ValueId back,
                           EmitTranspose(graph, there, Inverse(perm), graph.value(in).name));
    graph.SetInput(id, i, back);
  }
  std::vector<ir::NodeId> readers;
  for (ir::ValueId out : graph.node(id).outputs) {
    if (out != ir::kNone) {
      const std::vector<ir::NodeId> users = graph.Users(out);
      readers.insert(readers.end(), users.begin(), users.end());
    }
  }
  PLUMB_ASSIGN_OR_RETURN(const bool sunk, SinkThrough(graph, id));
  if (!sunk) {
    for (size_t i = 0; i < before.size(); ++i) {
      graph.SetInput(id, i, before[i]);
    }
    return false;
  }
  for (ir::NodeId reader : readers) {
    PLUMB_RETURN_IF_ERROR(MergeTransposes(graph, reader).status());
  }
  return true;
}

}  // namespace

Result<int> HoistTranspose(ir::Graph& graph) {
  int moved = 0;
  const NearInputs near(graph);
  std::vector<ir::NodeId> order = graph.Order();
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const ir::NodeId id = *it;
    if (!CommutesWithTranspose(graph, id) || graph.node(id).outputs[0] == ir::kNone ||
        !near.Contains(graph.node(id).outputs[0])) {
      continue;
    }
    const std::optional<Permutation> perm = WantedPermutation(graph, graph.node(id));
    if (!perm || std::all_of(graph.node(id).inputs.begin(), graph.node(id).inputs.end(),
                             [&](ir::ValueId in) { return graph.IsConstant(in); })) {
      continue;
    }
    PLUMB_ASSIGN_OR_RETURN(const bool hoisted, HoistAbove(graph, id, *perm));
    moved += hoisted;
  }
  graph.RemoveDeadNodes();
  return moved;
}

}  // namespace plumb::passes
