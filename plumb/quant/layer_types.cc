#include "plumb/quant/layer_types.h"

#include <algorithm>
#include <map>

#include "plumb/ops/op_def.h"
#include "plumb/quant/quantize.h"

namespace plumb::quant {
namespace {

using ops::QuantKind;

QuantKind KindOf(const ir::Node& node) { return ops::FindOp(node.op)->quant; }

class Resolver {
 public:
  Resolver(const ir::Graph& graph, const Placement& placement, const QuantizeOptions& options)
      : graph_(graph), placement_(placement), options_(options) {}

  Result<LayerTypes> Run() {
    types_.of.assign(graph_.value_count(), options_.grids.activations);
    types_.named_wide.assign(graph_.node_count(), false);
    order_ = graph_.Order();
    for (const auto& [name, type] : options_.hybrid) {
      if (type != LayerType::kFloat) {
        PLUMB_RETURN_IF_ERROR(Take(name, type == LayerType::kInt16 ? DType::kS16 : DType::kS8));
      }
    }
    for (const ir::Input& input : graph_.inputs) {
      Give(input.value);
    }
    for (const ir::NodeId id : order_) {
      for (const ir::ValueId out : graph_.node(id).outputs) {
        if (out != ir::kNone) {
          placement_.integer[static_cast<size_t>(id)] ? GiveInteger(id, out) : Give(out);
        }
      }
    }
    return std::move(types_);
  }

 private:
  struct Named {
    std::string name;
    DType type = DType::kS8;
  };

  bool IsInteger(ir::NodeId id) const {
    return id != ir::kNone && placement_.integer[static_cast<size_t>(id)];
  }

  // The value that the layer which makes this one is named by, behind its function or clamp.
  ir::ValueId EndOfLayer(ir::ValueId value) const {
    const ir::NodeId maker = graph_.value(value).producer;
    if (!IsInteger(maker)) {
      return value;
    }
    ir::NodeId last = FusibleFunction(graph_, placement_, maker);
    last = last == ir::kNone ? ClampBehind(graph_, placement_, maker) : last;
    return last == ir::kNone ? value : graph_.node(last).outputs[0];
  }

  // Where the elements come from that this value only moves.
  ir::ValueId Source(ir::ValueId value) const {
    ir::NodeId maker = graph_.value(value).producer;
    while (IsInteger(maker) && KindOf(graph_.node(maker)) == QuantKind::kSameGrid) {
      value = graph_.node(maker).inputs[0];
      maker = graph_.value(value).producer;
    }
    return value;
  }

  Status Take(const std::string& name, DType type) {
    std::vector<ir::ValueId> values;
    if (const auto value = graph_.FindValue(name)) {
      values.push_back(*value);
    }
    for (const ir::NodeId id : order_) {
      if (graph_.node(id).name == name) {
        values.insert(values.end(), graph_.node(id).outputs.begin(), graph_.node(id).outputs.end());
      }
    }
    for (const ir::ValueId value : values) {
      if (value == ir::kNone || graph_.IsConstant(value)) {
        continue;
      }
      const ir::ValueId source = Source(EndOfLayer(value));
      const auto [known, fresh] = named_.emplace(source, Named{name, type});
      if (!fresh && known->second.type != type) {
        return UsageError("--hybrid: '", known->second.name, "' is ",
                          IntegerTypeName(known->second.type), " and '", name, "' is ",
                          IntegerTypeName(type),
                          ", but they hold the same elements; give them one type");
      }
    }
    return {};
  }

  DType& Of(ir::ValueId value) { return types_.of[static_cast<size_t>(value)]; }

  void Give(ir::ValueId value) {
    if (const auto named = named_.find(value); named != named_.end()) {
      Of(value) = named->second.type;
    }
  }

  void GiveInteger(ir::NodeId id, ir::ValueId out) {
    const ir::Node& node = graph_.node(id);
    if (KindOf(node) == QuantKind::kSameGrid) {
      Of(out) = Of(node.inputs[0]);
      return;
    }
    const ir::ValueId end = EndOfLayer(out);
    if (const auto named = named_.find(end); named != named_.end()) {
      Of(out) = named->second.type;
      types_.named_wide[static_cast<size_t>(id)] = named->second.type == DType::kS16;
    } else if (KindOf(node) == QuantKind::kConcat) {
      const bool wide = std::any_of(node.inputs.begin(), node.inputs.end(),
                                    [&](ir::ValueId in) { return Of(in) == DType::kS16; });
      Of(out) = wide ? DType::kS16 : DType::kS8;
    }
  }

  const ir::Graph& graph_;
  const Placement& placement_;
  const QuantizeOptions& options_;
  std::vector<ir::NodeId> order_;
  std::map<ir::ValueId, Named> named_;
  LayerTypes types_;
};

}  // namespace

bool LayerTypes::Wide(const ir::Graph& graph, ir::NodeId id) const {
  const ir::Node& node = graph.node(id);
  const auto is_wide = [&](ir::ValueId value) {
    return value != ir::kNone && of[static_cast<size_t>(value)] == DType::kS16;
  };
  return std::any_of(node.outputs.begin(), node.outputs.end(), is_wide) ||
         std::any_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId in) {
           return in != ir::kNone && !graph.IsConstant(in) && is_wide(in);
         });
}

Result<LayerTypes> TypesOf(const ir::Graph& graph, const Placement& placement,
                           const QuantizeOptions& options) {
  return Resolver(graph, placement, options).Run();
}

}  // namespace plumb::quant
