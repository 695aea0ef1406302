#include "plumb/passes/rewrite.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "plumb/passes/infer_types.h"

namespace plumb::passes {

Result<ir::ValueId> EmitTyped(ir::Graph& graph, std::string_view op, std::string_view name,
                              std::vector<ir::ValueId> inputs, Attributes attributes,
                              std::string_view origin) {
  const ir::ValueId out =
      graph.Emit(op, name, std::move(inputs), std::move(attributes), {}, origin);
  const ir::NodeId node = graph.value(out).producer;
  PLUMB_RETURN_IF_ERROR(InferNode(graph, node));
  graph.value(out).quantization = MovedGrid(graph, graph.node(node));
  PLUMB_RETURN_IF_ERROR(FoldNode(graph, node).status());
  return out;
}

Permutation Inverse(const Permutation& perm) {
  Permutation inverse(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) {
    inverse[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  }
  return inverse;
}

Permutation Compose(const Permutation& first, const Permutation& second) {
  Permutation both(second.size());
  for (size_t i = 0; i < second.size(); ++i) {
    both[i] = first[static_cast<size_t>(second[i])];
  }
  return both;
}

bool IsIdentity(const Permutation& perm) {
  for (size_t i = 0; i < perm.size(); ++i) {
    if (perm[i] != static_cast<int64_t>(i)) {
      return false;
    }
  }
  return true;
}

bool MovesNothing(const Permutation& perm, const Shape& shape) {
  int64_t last = -1;
  for (int64_t axis : perm) {
    if (shape[static_cast<size_t>(axis)] == 1) {
      continue;
    }
    if (axis < last) {
      return false;
    }
    last = axis;
  }
  return true;
}

Result<ir::ValueId> EmitTranspose(ir::Graph& graph, ir::ValueId value, const Permutation& perm,
                                  std::string_view name) {
  return EmitTyped(graph, "transpose", name, {value}, {{"perm", perm}});
}

Result<ir::ValueId> EmitReshape(ir::Graph& graph, ir::ValueId value, const Shape& shape,
                                std::string name) {
  const ir::ValueId sizes = AddInts(graph, StrCat(name, ".shape"), shape);
  return EmitTyped(graph, "reshape", name, {value, sizes}, {{"allowzero", int64_t{1}}});
}

std::optional<std::vector<int64_t>> ConstantInts(const ir::Graph& graph, ir::ValueId value) {
  const Tensor* tensor = graph.ConstantOf(value);
  if (tensor == nullptr) {
    return std::nullopt;
  }
  if (tensor->dtype() == DType::kS64) {
    return std::vector<int64_t>(tensor->values<int64_t>().begin(), tensor->values<int64_t>().end());
  }
  if (tensor->dtype() == DType::kS32) {
    return std::vector<int64_t>(tensor->values<int32_t>().begin(), tensor->values<int32_t>().end());
  }
  return std::nullopt;
}

ir::ValueId AddInts(ir::Graph& graph, std::string_view name, const std::vector<int64_t>& values) {
  return graph.AddConstant(name,
                           Tensor::Of<int64_t>({static_cast<int64_t>(values.size())}, values));
}

std::optional<float> ConstantScalar(const ir::Graph& graph, ir::ValueId value) {
  const Tensor* tensor = graph.ConstantOf(value);
  if (tensor == nullptr || tensor->dtype() != DType::kF32 || tensor->size() == 0) {
    return std::nullopt;
  }
  const auto values = tensor->values<float>();
  if (std::any_of(values.begin(), values.end(), [&](float v) { return v != values[0]; }) ||
      values[0] != values[0]) {
    return std::nullopt;
  }
  return values[0];
}

Shape ShapeOf(const ir::Graph& graph, ir::ValueId value) { return graph.value(value).type.shape(); }

int64_t RankOf(const ir::Graph& graph, ir::ValueId value) {
  return static_cast<int64_t>(graph.value(value).type.dims.size());
}

int64_t NormalAxis(int64_t axis, int64_t rank) { return axis < 0 ? axis + rank : axis; }

void ReplaceByFresh(ir::Graph& graph, ir::NodeId old, ir::ValueId fresh) {
  const ir::ValueId kept = graph.node(old).outputs[0];
  const ir::Value& made = graph.value(fresh);
  graph.value(kept).type = made.type;
  graph.value(kept).quantization = made.quantization;
  if (made.constant != nullptr) {
    const std::shared_ptr<const Tensor> contents = made.constant;
    graph.RemoveNode(old);
    graph.value(kept).constant = contents;
    graph.ReplaceUses(fresh, kept);
    return;
  }
  const ir::NodeId producer = made.producer;
  graph.node(producer).name = graph.node(old).name;
  graph.ReplaceUses(fresh, kept);
  graph.TakeOutput(producer, 0, kept);
  graph.RemoveNode(old);
}

void ReplaceByExisting(ir::Graph& graph, ir::NodeId old, ir::ValueId value) {
  graph.ReplaceUses(graph.node(old).outputs[0], value);
  graph.RemoveNode(old);
}

}  // namespace plumb::passes
