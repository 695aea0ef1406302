#include <algorithm>
#include <array>
#include <string_view>

#include "plumb/compile/fuse/fuse.h"

namespace plumb::compile {
namespace {

// What the epilogues of the dot kernels compute; functions with parameters of their own stay separate records.
constexpr std::array<std::string_view, 5> kFunctions = {"relu", "silu", "sigmoid", "hard_swish",
                                                        "tanh"};

bool IsEpilogueFunction(const ir::Node& node) {
  return std::find(kFunctions.begin(), kFunctions.end(), node.op) != kFunctions.end() &&
         node.inputs.size() == 1;
}

}  // namespace

int FuseFunction(ir::Graph& graph) {
  int count = 0;
  for (ir::NodeId id : graph.Order()) {
    if (!graph.alive(id) || !IsPlainDot(graph, id) ||
        graph.value(graph.node(id).outputs[0]).type.dtype != DType::kF32) {
      continue;
    }
    const ir::NodeId function = graph.OnlyUser(graph.node(id).outputs[0]);
    if (function == ir::kNone || !IsEpilogueFunction(graph.node(function))) {
      continue;
    }
    ir::ValueId out = graph.node(function).outputs[0];
    const bool integer = graph.value(graph.node(id).inputs[0]).type.dtype != DType::kF32;
    const ir::NodeId quantize = integer ? graph.OnlyUser(out) : ir::kNone;
    const bool quantizes = quantize != ir::kNone && graph.node(quantize).op == "quantize" &&
                           graph.value(graph.node(quantize).outputs[0]).type.dtype ==
                               graph.value(graph.node(id).inputs[0]).type.dtype;
    const std::string name = graph.node(function).op;
    if (quantizes) {
      out = graph.node(quantize).outputs[0];
      graph.node(id).attributes.Set("output_dtype",
                                    std::string(DTypeName(graph.value(out).type.dtype)));
    }
    graph.node(id).attributes.Set("function", name);
    graph.TakeOutput(id, 0, out);
    if (quantizes) {
      graph.RemoveNode(quantize);
    }
    graph.RemoveNode(function);
    ++count;
  }
  return count;
}

}  // namespace plumb::compile
