#include "plumb/contract/outputs.h"

#include <algorithm>

namespace plumb::contract {
namespace {

using artifact::OutputLayout;

bool IsProduct(std::string_view op) {
  return op.starts_with("conv") || op == "matmul" || op == "gemm" || op == "fully_connected";
}

// Moves elements or works on each alone: the channels of its output are those of its input.
bool KeepsChannels(std::string_view op) {
  constexpr std::string_view kOps[] = {"transpose", "reshape",    "identity",          "cast",
                                       "quantize",  "dequantize", "quantize_linear",   "sigmoid",
                                       "softmax",   "squeeze",    "dequantize_linear", "unsqueeze",
                                       "flatten"};
  return std::find(std::begin(kOps), std::end(kOps), op) != std::end(kOps);
}

std::set<std::string> OpsAbove(const ir::Graph& graph, ir::ValueId value) {
  std::set<std::string> ops;
  std::set<ir::NodeId> seen;
  std::vector<ir::ValueId> todo = {value};
  while (!todo.empty()) {
    const ir::ValueId v = todo.back();
    todo.pop_back();
    const ir::NodeId producer = v == ir::kNone ? ir::kNone : graph.value(v).producer;
    if (producer == ir::kNone || !seen.insert(producer).second) {
      continue;
    }
    const ir::Node& node = graph.node(producer);
    if (!IsProduct(node.op)) {
      ops.insert(node.op);
      todo.insert(todo.end(), node.inputs.begin(), node.inputs.end());
    }
  }
  return ops;
}

std::vector<Part> PartsAbove(const ir::Graph& graph, ir::ValueId value) {
  for (;;) {
    const ir::NodeId producer = graph.value(value).producer;
    if (producer == ir::kNone) {
      return {};
    }
    const ir::Node& node = graph.node(producer);
    if (node.op == "concat") {
      std::vector<Part> parts;
      for (const ir::ValueId input : node.inputs) {
        const ir::TensorType& type = graph.value(input).type;
        const int64_t rank = static_cast<int64_t>(type.dims.size());
        int64_t axis = node.attributes.Int("axis", 0);
        axis += axis < 0 ? rank : 0;
        if (!type.ranked || axis < 0 || axis >= rank) {
          return {};
        }
        parts.push_back({type.dims[static_cast<size_t>(axis)].size, OpsAbove(graph, input)});
      }
      return parts;
    }
    if (!KeepsChannels(node.op) || node.inputs.empty() || node.inputs[0] == ir::kNone) {
      return {};
    }
    value = node.inputs[0];
  }
}

}  // namespace

std::vector<OutputFacts> FactsOf(const ir::Graph& graph) {
  std::vector<OutputFacts> out;
  for (const ir::Output& output : graph.outputs) {
    OutputFacts facts;
    facts.index = static_cast<int32_t>(out.size());
    facts.name = output.name;
    const ir::TensorType& type = graph.value(output.value).type;
    if (!type.ranked) {
      return {};
    }
    for (size_t i = 0; i < type.dims.size(); ++i) {
      if (!type.dims[i].known() && i != 0) {
        return {};
      }
      facts.shape.push_back(type.dims[i].known() ? type.dims[i].size : 1);
    }
    facts.ops = OpsAbove(graph, output.value);
    facts.parts = PartsAbove(graph, output.value);
    out.push_back(std::move(facts));
  }
  return out;
}

const std::vector<int32_t>& UsualStrides() {
  static const std::vector<int32_t> strides = {4, 8, 16, 32, 64, 128};
  return strides;
}

int64_t CellsAt(int width, int height, int32_t stride) {
  return static_cast<int64_t>((width + stride - 1) / stride) * ((height + stride - 1) / stride);
}

std::vector<View> ViewsOf(const Shape& shape, int width, int height,
                          const std::vector<int32_t>& strides) {
  std::vector<View> views;
  auto map = [&](OutputLayout layout, int64_t h, int64_t w, int64_t anchors, int64_t channels) {
    for (const int32_t s : strides) {
      if (h == (height + s - 1) / s && w == (width + s - 1) / s) {
        views.push_back({layout, s, anchors, channels, h * w});
        return;
      }
    }
  };
  if (shape.size() > 2 && shape[0] != 1) {
    return views;
  }
  switch (shape.size()) {
    case 5:
      map(OutputLayout::kAnchorsFirst, shape[2], shape[3], shape[1], shape[4]);
      map(OutputLayout::kChannelsFirst, shape[3], shape[4], shape[1], shape[2]);
      break;
    case 4:
      map(OutputLayout::kChannelsFirst, shape[2], shape[3], 0, shape[1]);
      map(OutputLayout::kChannelsLast, shape[1], shape[2], 0, shape[3]);
      break;
    case 3:
      views.push_back({OutputLayout::kChannelsLast, 0, 0, shape[2], shape[1]});
      views.push_back({OutputLayout::kChannelsFirst, 0, 0, shape[1], shape[2]});
      break;
    case 2:
      views.push_back({OutputLayout::kChannelsLast, 0, 0, shape[1], shape[0]});
      break;
    default:
      break;
  }
  return views;
}

}  // namespace plumb::contract
