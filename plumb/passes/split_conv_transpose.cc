// A transposed convolution whose kernel equals its stride lets no two products meet in one output:
// it is a 1x1 convolution to KH*KW*O channels that depth_to_space spreads out, and can be quantized
// as one.
#include <string>
#include <vector>

#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"
#include "plumb/passes/weighted.h"

namespace plumb::passes {
namespace {

bool AllAre(const std::vector<int64_t>& list, int64_t value) {
  for (int64_t v : list) {
    if (v != value) {
      return false;
    }
  }
  return true;
}

// [C,K,K,O] -> [K*K*O,1,1,C]; depth_to_space in DCR order reads channel (i*K + j)*O + o at row i,
// column j.
Tensor PointwiseWeights(const Tensor& w) {
  const int64_t channels = w.shape()[0];
  const int64_t outputs = w.size() / channels;
  Tensor result(DType::kF32, {outputs, 1, 1, channels});
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t o = 0; o < outputs; ++o) {
      result.values<float>()[static_cast<size_t>(o * channels + c)] =
          w.values<float>()[static_cast<size_t>(c * outputs + o)];
    }
  }
  return result;
}

}  // namespace

Result<int> SplitConvTranspose(ir::Graph& graph) {
  int found = 0;
  for (ir::NodeId id : graph.Order()) {
    if (graph.node(id).op != "conv_transpose" || !IsWeighted(graph, id)) {
      continue;
    }
    const ir::Node old = graph.node(id);
    const Tensor& w = *graph.ConstantOf(old.inputs[1]);
    const Attributes& a = old.attributes;
    if (a.String("layout", "nhwc") != "nhwc" || a.Int("groups", 1) != 1 || w.shape().size() != 4) {
      continue;
    }
    const int64_t block = w.shape()[1];
    const Shape in = ShapeOf(graph, old.inputs[0]);
    const Shape out = ShapeOf(graph, old.outputs[0]);
    if (w.shape()[2] != block || a.Ints("strides") != std::vector<int64_t>{block, block} ||
        !AllAre(a.Ints("pads"), 0) || !AllAre(a.Ints("dilations"), 1) ||
        out != Shape{in[0], in[1] * block, in[2] * block, w.shape()[3]}) {
      continue;
    }
    Quantization grid = graph.value(old.inputs[1]).quantization;
    if (grid.per_channel()) {
      grid = {};  // along an axis that is taken apart
    }
    std::vector<ir::ValueId> inputs = {
        old.inputs[0],
        graph.AddConstant(graph.value(old.inputs[1]).name, PointwiseWeights(w), std::move(grid))};
    if (old.inputs.size() > 2 && old.inputs[2] != ir::kNone) {
      const auto bias = graph.ConstantOf(old.inputs[2])->values<float>();
      std::vector<float> repeated;
      for (int64_t i = 0; i < block * block; ++i) {
        repeated.insert(repeated.end(), bias.begin(), bias.end());
      }
      inputs.push_back(
          graph.AddConstant(graph.value(old.inputs[2]).name,
                            Tensor::Of<float>({static_cast<int64_t>(repeated.size())}, repeated)));
    }
    PLUMB_ASSIGN_OR_RETURN(const ir::ValueId product,
                           EmitTyped(graph, "conv", old.name + ".pointwise", std::move(inputs),
                                     {{"layout", "nhwc"},
                                      {"strides", std::vector<int64_t>{1, 1}},
                                      {"pads", std::vector<int64_t>{0, 0, 0, 0}},
                                      {"dilations", std::vector<int64_t>{1, 1}},
                                      {"groups", int64_t{1}}},
                                     old.origin));
    PLUMB_ASSIGN_OR_RETURN(
        const ir::ValueId spread,
        EmitTyped(graph, "depth_to_space", old.name, {product},
                  {{"layout", "nhwc"}, {"block", block}, {"mode", "DCR"}}, old.origin));
    ReplaceByFresh(graph, id, spread);
    ++found;
  }
  return found;
}

}  // namespace plumb::passes
