// What is put around a tensor before a convolution or an average that counts zeros, or before a
// maximum that nothing below can change, becomes its own padding.
#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {
namespace {

// Elements added on each axis: all begins, then all ends. Nothing when it pads by copies of the data, cuts,
// or is not constant.
std::optional<std::vector<int64_t>> AddedAround(const ir::Graph& graph, const ir::Node& pad) {
  if (pad.attributes.String("mode", "constant") != "constant" || pad.inputs.size() < 2) {
    return std::nullopt;
  }
  const auto amounts = ConstantInts(graph, pad.inputs[1]);
  if (!amounts) {
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

// Nothing when it is no constant.
std::optional<float> ValueOf(const ir::Graph& graph, const ir::Node& pad) {
  const bool given = pad.inputs.size() > 2 && pad.inputs[2] != ir::kNone;
  return given ? ConstantScalar(graph, pad.inputs[2]) : 0.0f;
}

// A maximum over windows that no padding fills, whose own padding counts for nothing.
bool IgnoresPadding(const ir::Node& node) {
  const std::vector<int64_t> dilations = node.attributes.Ints("dilations");
  return node.op == "max_pool" && node.attributes.Int("ceil_mode", 0) == 0 &&
         node.outputs.size() == 1 &&
         std::all_of(dilations.begin(), dilations.end(), [](int64_t d) { return d == 1; });
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
    if (!CountsZeros(node) && !IgnoresPadding(node)) {
      continue;
    }
    const ir::NodeId pad = graph.ProducerWithOp(node.inputs[0], "pad");
    if (pad == ir::kNone || graph.OnlyUser(node.inputs[0]) != id) {
      continue;
    }
    const auto added = AddedAround(graph, graph.node(pad));
    const auto value = ValueOf(graph, graph.node(pad));
    const bool below_all = value && *value <= std::numeric_limits<float>::lowest();
    if (!added || !value || (IgnoresPadding(node) ? !below_all : *value != 0.0f)) {
      continue;
    }
    const size_t rank = added->size() / 2;
    const size_t channel = node.attributes.String("layout", "nhwc") == "nchw" ? 1 : rank - 1;
    if ((*added)[0] != 0 || (*added)[rank] != 0 || (*added)[channel] != 0 ||
        (*added)[channel + rank] != 0) {
      continue;
    }
    const size_t spatial = rank - 2;
    const size_t first = channel == 1 ? 2 : 1;
    std::vector<int64_t> pads = node.attributes.Ints("pads", std::vector<int64_t>(2 * spatial, 0));
    for (size_t i = 0; i < spatial; ++i) {
      pads[i] += (*added)[first + i];
      pads[i + spatial] += (*added)[first + i + rank];
    }
    const std::vector<int64_t> kernel = node.attributes.Ints("kernel");
    bool holds_data = true;  // every window
    for (size_t i = 0; IgnoresPadding(node) && i < 2 * spatial; ++i) {
      holds_data = holds_data && pads[i] < kernel[i % spatial];
    }
    if (!holds_data) {
      continue;
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
