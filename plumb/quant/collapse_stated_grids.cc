#include "plumb/quant/collapse_stated_grids.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace plumb::quant {
namespace {

// A grid of an integer tensor, with the type it belongs to.
struct TypedGrid {
  DType dtype = DType::kNone;
  float scale = 0;
  int32_t zero_point = 0;
  bool operator==(const TypedGrid&) const = default;
};

std::optional<TypedGrid> Of(DType dtype, const Quantization& grid) {
  if ((dtype != DType::kS8 && dtype != DType::kU8) || grid.empty() || grid.per_channel()) {
    return std::nullopt;
  }
  return TypedGrid{dtype, grid.scale[0], grid.zero_point[0]};
}

// The grid that the node quantizes onto, or dequantizes by: of `integer`, its tensor on the integer
// side.
std::optional<TypedGrid> GridOf(const ir::Graph& graph, const ir::Node& node, ir::ValueId integer) {
  const ir::Value& value = graph.value(integer);
  if (node.op == "quantize" || node.op == "dequantize") {
    return Of(value.type.dtype, value.quantization);
  }
  const Tensor* scale = graph.ConstantOf(node.inputs[1]);
  const bool has_zero = node.inputs.size() > 2 && node.inputs[2] != ir::kNone;
  const Tensor* zero = has_zero ? graph.ConstantOf(node.inputs[2]) : nullptr;
  if (scale == nullptr || scale->dtype() != DType::kF32 || scale->size() != 1 ||
      (has_zero && (zero == nullptr || zero->size() != 1 || zero->dtype() != value.type.dtype))) {
    return std::nullopt;
  }
  Quantization grid{{scale->values<float>()[0]}, {0}, -1};
  if (!std::isnormal(grid.scale[0]) || grid.scale[0] < 0) {
    return std::nullopt;
  }
  if (zero != nullptr && value.type.dtype == DType::kS8) {
    grid.zero_point[0] = zero->values<int8_t>()[0];
  } else if (zero != nullptr && value.type.dtype == DType::kU8) {
    grid.zero_point[0] = zero->values<uint8_t>()[0];
  }
  return Of(value.type.dtype, grid);
}

bool Quantizes(const ir::Node& node) {
  return node.op == "quantize" || node.op == "quantize_linear";
}

bool Dequantizes(const ir::Node& node) {
  return node.op == "dequantize" || node.op == "dequantize_linear";
}

// The grid of a quantize node all of whose readers dequantize by it; nothing when it is no such
// node.
std::optional<TypedGrid> PairGrid(const ir::Graph& graph, ir::NodeId id) {
  const ir::Node& node = graph.node(id);
  if (!Quantizes(node) || graph.IsConstant(node.inputs[0]) || graph.IsOutput(node.outputs[0])) {
    return std::nullopt;
  }
  const auto grid = GridOf(graph, node, node.outputs[0]);
  const std::vector<ir::NodeId> readers = graph.Users(node.outputs[0]);
  const bool paired = grid && !readers.empty() &&
                      std::all_of(readers.begin(), readers.end(), [&](ir::NodeId reader) {
                        return Dequantizes(graph.node(reader)) &&
                               GridOf(graph, graph.node(reader), node.outputs[0]) == grid;
                      });
  return paired ? grid : std::nullopt;
}

}  // namespace

StatedGrids CollapseStatedGrids(ir::Graph graph) {
  StatedGrids stated;
  for (ir::NodeId id : graph.Order()) {
    if (!graph.alive(id)) {
      continue;
    }
    const auto grid = PairGrid(graph, id);
    if (!grid) {
      continue;
    }
    const ir::ValueId value = graph.node(id).inputs[0];
    const Quantization as_int8{
        {grid->scale}, {grid->zero_point - (grid->dtype == DType::kU8 ? 128 : 0)}, -1};
    const auto [known, fresh] = stated.grid.emplace(graph.value(value).name, as_int8);
    if (known->second != as_int8) {
      continue;
    }
    if (fresh) {
      const std::vector<ir::NodeId> readers = graph.Users(value);
      if (!graph.IsOutput(value) && std::all_of(readers.begin(), readers.end(), [&](ir::NodeId r) {
            return PairGrid(graph, r) == grid;
          })) {
        stated.rounded.insert(graph.value(value).name);
      }
    }
    for (ir::NodeId reader : graph.Users(graph.node(id).outputs[0])) {
      graph.ReplaceUses(graph.node(reader).outputs[0], value);
      graph.RemoveNode(reader);
    }
    graph.RemoveNode(id);
  }
  stated.graph = std::move(graph);
  return stated;
}

}  // namespace plumb::quant
