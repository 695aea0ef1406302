#include "plumb/passes/weighted.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "plumb/passes/rewrite.h"

namespace plumb::passes {
namespace {

bool HasBias(const ir::Node& node) { return node.inputs.size() > 2 && node.inputs[2] != ir::kNone; }

// Of the output channels in the weights: conv and fully connected [O,...]; transposed convolution
// [C,O/g,KH,KW], or [C,KH,KW,O/g] in NHWC.
size_t WeightAxis(const ir::Graph& graph, const ir::Node& node) {
  if (node.op != "conv_transpose") {
    return 0;
  }
  return node.attributes.String("layout", "nhwc") == "nchw"
             ? 1
             : ShapeOf(graph, node.inputs[1]).size() - 1;
}

int64_t Groups(const ir::Node& node) {
  return node.op == "conv_transpose" ? node.attributes.Int("groups", 1) : 1;
}

// The grid after the values of channel c have been multiplied by scale[c]; none when it is along
// another axis.
Quantization ScaledGrid(Quantization grid, std::span<const double> scale, size_t axis) {
  if (grid.empty()) {
    return grid;
  }
  if (grid.per_channel() ? grid.axis != static_cast<int>(axis) : false) {
    return {};
  }
  Quantization scaled;
  scaled.axis = static_cast<int>(axis);
  for (size_t c = 0; c < scale.size(); ++c) {
    const float s =
        static_cast<float>(grid.scale[grid.per_channel() ? c : 0] * std::fabs(scale[c]));
    if (!std::isnormal(s)) {
      return {};
    }
    scaled.scale.push_back(s);
    scaled.zero_point.push_back(0);
  }
  return scaled;
}

}  // namespace

bool IsWeighted(const ir::Graph& graph, ir::NodeId id) {
  if (id == ir::kNone) {
    return false;
  }
  const ir::Node& node = graph.node(id);
  if (node.op != "conv" && node.op != "conv_transpose" && node.op != "fully_connected") {
    return false;
  }
  const Tensor* weights = graph.ConstantOf(node.inputs[1]);
  return weights != nullptr && weights->dtype() == DType::kF32 && node.inputs.size() <= 3 &&
         node.attributes.String("function", "none") == "none" &&
         (!HasBias(node) || graph.IsConstant(node.inputs[2]));
}

int64_t OutputChannels(const ir::Graph& graph, ir::NodeId id) {
  return ShapeOf(graph, graph.node(id).outputs[0])[static_cast<size_t>(ChannelAxis(graph, id))];
}

int64_t ChannelAxis(const ir::Graph& graph, ir::NodeId id) {
  const ir::Node& node = graph.node(id);
  return node.op != "fully_connected" && node.attributes.String("layout", "nhwc") == "nchw"
             ? 1
             : RankOf(graph, node.outputs[0]) - 1;
}

Status ApplyToChannels(ir::Graph& graph, ir::NodeId id, std::span<const double> scale,
                       std::span<const double> shift) {
  const ir::Node& node = graph.node(id);
  const ir::ValueId old_weights = node.inputs[1];
  const bool scales = std::any_of(scale.begin(), scale.end(), [](double s) { return s != 1.0; });
  const bool had_bias = HasBias(node);
  const auto channels = static_cast<int64_t>(scale.size());
  Tensor bias(DType::kF32, {channels});
  for (size_t c = 0; c < scale.size(); ++c) {
    const double before = had_bias ? graph.ConstantOf(node.inputs[2])->values<float>()[c] : 0.0;
    bias.values<float>()[c] = static_cast<float>(before * scale[c] + shift[c]);
  }
  if (scales) {
    Tensor weights = *graph.ConstantOf(old_weights);
    const size_t axis = WeightAxis(graph, node);
    const int64_t groups = Groups(node);
    const int64_t along = weights.shape()[axis];
    int64_t inner = 1;
    for (size_t i = axis + 1; i < weights.shape().size(); ++i) {
      inner *= weights.shape()[i];
    }
    for (int64_t i = 0; i < weights.size(); ++i) {
      int64_t channel = i / inner % along;
      if (groups > 1) {  // of a transposed convolution: the input channel, axis 0, says which group
        const int64_t in_per_group = weights.shape()[0] / groups;
        channel += i / (weights.size() / weights.shape()[0]) / in_per_group * along;
      }
      float& w = weights.values<float>()[static_cast<size_t>(i)];
      w = static_cast<float>(w * scale[static_cast<size_t>(channel)]);
    }
    Quantization grid = groups == 1 ? ScaledGrid(graph.value(old_weights).quantization, scale, axis)
                                    : Quantization();
    const std::string name = graph.value(old_weights).name;
    graph.SetInput(id, 1, graph.AddConstant(name, std::move(weights), std::move(grid)));
  }
  const std::string name =
      had_bias ? graph.value(graph.node(id).inputs[2]).name : graph.node(id).name + ".bias";
  const ir::ValueId value = graph.AddConstant(name, std::move(bias));
  if (!had_bias) {
    graph.node(id).inputs.resize(3, ir::kNone);
  }
  graph.SetInput(id, 2, value);
  return {};
}

}  // namespace plumb::passes
