// A product with, or a sum with, a constant per channel after a convolution or matrix product goes
// into its weights and bias.
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"
#include "plumb/passes/weighted.h"

namespace plumb::passes {
namespace {

// The constant's value for each channel when it varies along that axis only; nothing otherwise.
std::optional<std::vector<double>> PerChannel(const ir::Graph& graph, ir::ValueId constant,
                                              int64_t rank, int64_t axis, int64_t channels) {
  const Tensor* tensor = graph.ConstantOf(constant);
  if (tensor == nullptr || tensor->dtype() != DType::kF32) {
    return std::nullopt;
  }
  const auto values = tensor->values<float>();
  if (tensor->size() == 1 && static_cast<int64_t>(tensor->shape().size()) <= rank) {
    return std::vector<double>(static_cast<size_t>(channels), values[0]);
  }
  const int64_t offset = rank - static_cast<int64_t>(tensor->shape().size());
  if (tensor->size() != channels || axis < offset ||
      tensor->shape()[static_cast<size_t>(axis - offset)] != channels) {
    return std::nullopt;
  }
  return std::vector<double>(values.begin(), values.end());
}

// The node as y * scale + shift.
struct Affine {
  std::vector<double> scale;
  std::vector<double> shift;
};
std::optional<Affine> AffineOf(const ir::Graph& graph, const ir::Node& node, size_t at,
                               int64_t axis, int64_t channels) {
  const std::string_view op = node.op;
  const auto c =
      PerChannel(graph, node.inputs[1 - at], RankOf(graph, node.outputs[0]), axis, channels);
  if (!c || (op == "div" && at == 1)) {
    return std::nullopt;
  }
  const auto n = static_cast<size_t>(channels);
  Affine affine = {std::vector<double>(n, 1.0), std::vector<double>(n, 0.0)};
  for (size_t i = 0; i < n; ++i) {
    const double value = (*c)[i];
    if (op == "mul") {
      affine.scale[i] = value;
    } else if (op == "div") {
      affine.scale[i] = 1.0 / value;
    } else if (op == "add") {
      affine.shift[i] = value;
    } else {  // sub: y - c, or c - y
      affine.scale[i] = at == 0 ? 1.0 : -1.0;
      affine.shift[i] = at == 0 ? -value : value;
    }
    if (!std::isfinite(affine.scale[i]) || !std::isfinite(affine.shift[i])) {
      return std::nullopt;  // weights that are not finite would spread to sums that were
    }
  }
  return affine;
}

}  // namespace

Result<int> FoldScaleAndBias(ir::Graph& graph) {
  int folded = 0;
  for (ir::NodeId id : graph.Order()) {
    const std::string& op = graph.node(id).op;
    if (op != "mul" && op != "div" && op != "add" && op != "sub") {
      continue;
    }
    for (size_t at = 0; at < 2; ++at) {
      const ir::ValueId in = graph.node(id).inputs[at];
      const ir::NodeId front = graph.value(in).producer;
      const ir::ValueId out = graph.node(id).outputs[0];
      if (!IsWeighted(graph, front) || graph.OnlyUser(in) != id ||
          graph.value(in).type != graph.value(out).type) {
        continue;
      }
      const std::optional<Affine> affine = AffineOf(
          graph, graph.node(id), at, ChannelAxis(graph, front), OutputChannels(graph, front));
      if (affine) {
        PLUMB_RETURN_IF_ERROR(ApplyToChannels(graph, front, affine->scale, affine->shift));
        graph.TakeOutput(front, 0, out);
        graph.RemoveNode(id);
        ++folded;
        break;
      }
    }
  }
  return folded;
}

}  // namespace plumb::passes
