// Zeros put around a tensor before a convolution or an average that counts them become its own
// padding.
#include <algorithm>
#include <optional>
#include <vector>

#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {
namespace {

// Zeros added on each axis: all begins, then all ends. Nothing when it pads otherwise, cuts, or is
// not constant.
std::optional<std::vector<int64_t>> ZerosAround(const ir::Graph& graph, const ir::Node& pad) {
  if (pad.attributes.String("mode", "constant") != "constant" || pad.inputs.size() < 2) {
    return std::nullopt;
  }
  const auto amounts = ConstantInts(graph, pad.inputs[1]);
  const bool value_given = pad.inputs.size() > 2 && pad.inputs[2] != ir::kNone;
  if (!amounts || (value_given && ConstantScalar(graph, pad.inputs[2]) != 0.0f)) {
    return std::nullopt;
  }
  const int64_t rank = RankOf(graph, pad.inputs[0]);
  std::vector<int64_t> axes;
  if (pad.inputs.size() > 3 && pad.inputs[3] != ir::kNone) {
    const auto given = ConstantInts(graph, pad.inputs[3]);
    if (!given) {
      return std::nullopt;
    }
    axes = *given;
  } else {
    for (int64_t i = 0; i < rank; ++i) {
      axes.push_back(i);
    }
  }
  std::vector<int64_t> all(static_cast<size_t>(2 * rank), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(NormalAxis(axes[i], rank));
    all[axis] = (*amounts)[i];
    all[axis + static_cast<size_t>(rank)] = (*amounts)[i + axes.size()];
  }
  const bool cuts = std::any_of(all.begin(), all.end(), [](int64_t n) { return n < 0; });
  return cuts ? std::nullopt : std::optional(all);
}

bool CountsZeros(const ir::Node& node) {
  if (node.op == "conv") {
    return true;
  }
  const std::vector<int64_t> pads = node.attributes.Ints("pads");
  const bool unpadded = std::all_of(pads.begin(), pads.end(), [](int64_t p) { return p == 0; });
  return node.op == "average_pool" && node.attributes.Int("ceil_mode", 0) == 0 &&
         (unpadded || node.attributes.Int("count_include_pad", 0) == 1);
}

}  // namespace

Result<int> FoldPad(ir::Graph& graph) {
  int folded = 0;
  for (ir::NodeId id : graph.Order()) {
    const ir::Node& node = graph.node(id);
    if (!CountsZeros(node)) {
      continue;
    }
    const ir::NodeId pad = graph.ProducerWithOp(node.inputs[0], "pad");
    if (pad == ir::kNone || graph.OnlyUser(node.inputs[0]) != id) {
      continue;
    }
    const auto zeros = ZerosAround(graph, graph.node(pad));
    if (!zeros) {
      continue;
    }
    const size_t rank = zeros->size() / 2;
    const size_t channel = node.attributes.String("layout", "nhwc") == "nchw" ? 1 : rank - 1;
    if ((*zeros)[0] != 0 || (*zeros)[rank] != 0 || (*zeros)[channel] != 0 ||
        (*zeros)[channel + rank] != 0) {
      continue;
    }
    const size_t spatial = rank - 2;
    const size_t first = channel == 1 ? 2 : 1;
    std::vector<int64_t> pads = node.attributes.Ints("pads", std::vector<int64_t>(2 * spatial, 0));
    for (size_t i = 0; i < spatial; ++i) {
      pads[i] += (*zeros)[first + i];
      pads[i + spatial] += (*zeros)[first + i + rank];
    }
    graph.node(id).attributes.Set("pads", pads);
    if (graph.node(id).op == "average_pool") {
      graph.node(id).attributes.Set("count_include_pad", int64_t{1});
    }
    graph.SetInput(id, 0, graph.node(pad).inputs[0]);
    graph.RemoveNode(pad);
    ++folded;
  }
  return folded;
}

}  // namespace plumb::passes
