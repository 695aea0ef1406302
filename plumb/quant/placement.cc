#include "plumb/quant/placement.h"

#include <algorithm>

#include "plumb/ops/op_def.h"

namespace plumb::quant {
namespace {

using ops::QuantKind;

bool Is(const ir::Graph& graph, ir::ValueId value, DType dtype) {
  return graph.value(value).type.dtype == dtype;
}

// The inputs that carry data rather than parameters: not constant.
std::vector<ir::ValueId> DataInputs(const ir::Graph& graph, const ir::Node& node) {
  std::vector<ir::ValueId> data;
  for (ir::ValueId in : node.inputs) {
    if (in != ir::kNone && !graph.IsConstant(in)) {
      data.push_back(in);
    }
  }
  return data;
}

bool HasConstantWeights(const ir::Graph& graph, const ir::Node& node) {
  return (node.op == "conv" || node.op == "fully_connected") && graph.IsConstant(node.inputs[1]) &&
         (node.inputs.size() < 3 || node.inputs[2] == ir::kNone ||
          graph.IsConstant(node.inputs[2]));
}

// Whether the operator, with these attributes and shapes, has an integer form at all.
bool CanBeInteger(const ir::Graph& graph, const ir::Node& node, QuantKind kind) {
  for (ir::ValueId out : node.outputs) {
    if (out != ir::kNone && !Is(graph, out, DType::kF32)) {
      return false;
    }
  }
  const std::vector<ir::ValueId> data = DataInputs(graph, node);
  for (ir::ValueId in : data) {
    if (!Is(graph, in, DType::kF32)) {
      return false;
    }
  }
  switch (kind) {
    case QuantKind::kDot:
      return HasConstantWeights(graph, node);
    case QuantKind::kTable:
      // Parameters of the function must be the same for every element.
      return data.size() == 1 && data[0] == node.inputs[0] &&
             std::all_of(node.inputs.begin() + 1, node.inputs.end(), [&](ir::ValueId in) {
               return in == ir::kNone || graph.ConstantOf(in)->size() == 1;
             });
    case QuantKind::kSameGrid:
      return data.size() == 1 && node.attributes.String("mode", "nearest") != "linear" &&
             node.attributes.String("mode", "nearest") != "cubic" &&
             node.attributes.String("mode", "") != "reflect";
    case QuantKind::kConcat:
      return data.size() == node.inputs.size();
    case QuantKind::kAdd:
    case QuantKind::kMul:
      return !data.empty();
    case QuantKind::kAverage:
      return data.size() == 1;
    case QuantKind::kFloat:
    case QuantKind::kBoundary:
      return false;
  }
  return false;
}

QuantKind KindOf(const ir::Node& node) {
  const ops::OpDef* def = ops::FindOp(node.op);
  return def == nullptr ? QuantKind::kFloat : def->quant;
}

// Whether the value comes, through operators that only move elements, from a float-only operator.
bool ComesFromFloatOnly(const ir::Graph& graph, ir::ValueId value) {
  while (graph.value(value).producer != ir::kNone) {
    const ir::Node& node = graph.node(graph.value(value).producer);
    const QuantKind kind = KindOf(node);
    if (kind == QuantKind::kFloat) {
      return true;
    }
    const std::vector<ir::ValueId> data = DataInputs(graph, node);
    if (kind != QuantKind::kSameGrid || data.size() != 1) {
      return false;
    }
    value = data[0];
  }
  return false;
}

}  // namespace

Placement Place(const ir::Graph& graph, const std::set<std::string>& keep_float) {
  Placement placement;
  placement.integer.assign(graph.node_count(), false);
  placement.why_float.assign(graph.node_count(), "");
  std::vector<bool> feeds_dot(graph.value_count(),
                              false);  // an integer dot operator reads it, directly or not
  const std::vector<ir::NodeId> order = graph.Order();
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const ir::NodeId id = *it;
    const ir::Node& node = graph.node(id);
    const QuantKind kind = KindOf(node);
    bool wanted = true, feeds = false;
    for (ir::ValueId out : node.outputs) {
      if (out != ir::kNone) {
        feeds = feeds || feeds_dot[static_cast<size_t>(out)];
        wanted = wanted && !keep_float.contains(graph.value(out).name);
      }
    }
    wanted = wanted && !keep_float.contains(node.name);
    if (kind == QuantKind::kDot && graph.OnlyUser(node.outputs[0]) != ir::kNone) {
      // Reports name a layer by what its function makes.
      const ir::Node& function = graph.node(graph.OnlyUser(node.outputs[0]));
      wanted = wanted && !(KindOf(function) == QuantKind::kTable &&
                           keep_float.contains(graph.value(function.outputs[0]).name));
    }
    std::string& why = placement.why_float[static_cast<size_t>(id)];
    const bool can = CanBeInteger(graph, node, kind);
    if (kind == QuantKind::kFloat) {
      why = "has no integer form";
    } else if (!can) {
      why = "has no integer form with these attributes or inputs";
    } else if (!wanted) {
      why = "kept in float on request";
    } else if (kind == QuantKind::kDot) {
      if (!feeds && ComesFromFloatOnly(graph, node.inputs[0])) {
        why = "part of the decoding tail: its input comes from a float-only operator";
      } else {
        placement.integer[static_cast<size_t>(id)] = true;
        feeds = true;
      }
    } else if (feeds) {
      placement.integer[static_cast<size_t>(id)] = true;
    } else {
      why = "part of the tail: no convolution or matrix product follows";
    }
    if (feeds) {
      for (ir::ValueId in : DataInputs(graph, node)) {
        feeds_dot[static_cast<size_t>(in)] = true;
      }
    }
  }
  return placement;
}

}  // namespace plumb::quant
