// Batch normalisation with constant statistics is a scale and a shift per channel: folded into the
// convolution or matrix product in front, or written as a product and a sum.
#include <cmath>
#include <string>
#include <vector>

#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"
#include "plumb/passes/weighted.h"

namespace plumb::passes {
namespace {

struct Affine {
  std::vector<double> scale;
  std::vector<double> shift;
};

// Nothing when a parameter is no constant.
std::optional<Affine> AffineOf(const ir::Graph& graph, const ir::Node& node) {
  const Tensor* parts[4];  // scale, bias, mean, variance
  for (size_t i = 0; i < 4; ++i) {
    parts[i] = i + 1 < node.inputs.size() ? graph.ConstantOf(node.inputs[i + 1]) : nullptr;
    if (parts[i] == nullptr || parts[i]->dtype() != DType::kF32) {
      return std::nullopt;
    }
  }
  const double epsilon = node.attributes.Float("epsilon", 1e-5f);
  Affine affine;
  for (size_t c = 0; c < parts[0]->values<float>().size(); ++c) {
    const double scale =
        parts[0]->values<float>()[c] / std::sqrt(parts[3]->values<float>()[c] + epsilon);
    affine.scale.push_back(scale);
    affine.shift.push_back(parts[1]->values<float>()[c] - parts[2]->values<float>()[c] * scale);
  }
  return affine;
}

Tensor AsTensor(const std::vector<double>& values, size_t trailing) {
  Shape shape = {static_cast<int64_t>(values.size())};
  shape.insert(shape.end(), trailing, 1);
  return Tensor::Of<float>(shape, std::vector<float>(values.begin(), values.end()));
}

}  // namespace

Result<int> FoldBatchNorm(ir::Graph& graph) {
  int folded = 0;
  for (ir::NodeId id : graph.Order()) {
    if (graph.node(id).op != "batch_norm") {
      continue;
    }
    const ir::Node old = graph.node(id);
    const std::optional<Affine> affine = AffineOf(graph, old);
    if (!affine) {
      continue;
    }
    const ir::ValueId in = old.inputs[0];
    const int64_t axis = NormalAxis(old.attributes.Int("axis", 1), RankOf(graph, in));
    const ir::NodeId front = graph.value(in).producer;
    if (IsWeighted(graph, front) && graph.OnlyUser(in) == id && ChannelAxis(graph, front) == axis) {
      PLUMB_RETURN_IF_ERROR(ApplyToChannels(graph, front, affine->scale, affine->shift));
      graph.TakeOutput(front, 0, old.outputs[0]);
      graph.RemoveNode(id);
    } else {
      const size_t trailing = static_cast<size_t>(RankOf(graph, in) - axis - 1);
      const ir::ValueId scale =
          graph.AddConstant(old.name + ".scale", AsTensor(affine->scale, trailing));
      const ir::ValueId shift =
          graph.AddConstant(old.name + ".shift", AsTensor(affine->shift, trailing));
      PLUMB_ASSIGN_OR_RETURN(
          const ir::ValueId product,
          EmitTyped(graph, "mul", old.name + ".scaled", {in, scale}, {}, old.origin));
      PLUMB_ASSIGN_OR_RETURN(const ir::ValueId sum,
                             EmitTyped(graph, "add", old.name, {product, shift}, {}, old.origin));
      ReplaceByFresh(graph, id, sum);
    }
    ++folded;
  }
  return folded;
}

}  // namespace plumb::passes
