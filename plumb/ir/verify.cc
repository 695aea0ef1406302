#include "plumb/ir/verify.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>

namespace plumb::ir {
namespace {

class Verifier {
 public:
  explicit Verifier(const Graph& graph) : graph_(graph), made_(graph.value_count(), false) {}

  Status Run() {
    PLUMB_RETURN_IF_ERROR(CheckInputs());
    for (size_t i = 0; i < graph_.node_count(); ++i) {
      if (graph_.alive(static_cast<NodeId>(i))) {
        PLUMB_RETURN_IF_ERROR(CheckOutputsOf(static_cast<NodeId>(i)));
      }
    }
    std::set<std::string> names;
    for (size_t i = 0; i < graph_.value_count(); ++i) {
      const auto id = static_cast<ValueId>(i);
      const Value& value = graph_.value(id);
      PLUMB_RETURN_IF_ERROR(CheckProducer(id, value));
      PLUMB_RETURN_IF_ERROR(CheckConstant(value));
      made_[i] = made_[i] || value.constant != nullptr;
      if (made_[i]) {
        PLUMB_RETURN_IF_ERROR(CheckQuantization(value));
        if (!names.insert(value.name).second) {
          return InvalidModel("two values are named '", value.name, "'");
        }
      }
    }
    for (size_t i = 0; i < graph_.node_count(); ++i) {
      if (graph_.alive(static_cast<NodeId>(i))) {
        PLUMB_RETURN_IF_ERROR(CheckInputsOf(static_cast<NodeId>(i)));
      }
    }
    PLUMB_RETURN_IF_ERROR(CheckOutputs());
    return graph_.TopologicalOrder().status();
  }

 private:
  [[nodiscard]] bool InRange(ValueId id) const {
    return id >= 0 && static_cast<size_t>(id) < graph_.value_count();
  }

  Status CheckInputs() {
    for (const Input& input : graph_.inputs) {
      if (!InRange(input.value)) {
        return InvalidModel("a graph input names value ", input.value, ", which does not exist");
      }
      const Value& value = graph_.value(input.value);
      if (value.constant != nullptr || value.producer != kNone) {
        return InvalidModel("graph input '", value.name, "' is also ",
                            value.constant != nullptr ? "a constant" : "made by a node");
      }
      if (made_[static_cast<size_t>(input.value)]) {
        return InvalidModel("graph input '", value.name, "' is listed twice");
      }
      made_[static_cast<size_t>(input.value)] = true;
    }
    return {};
  }

  Status CheckOutputsOf(NodeId id) {
    const Node& node = graph_.node(id);
    for (ValueId out : node.outputs) {
      if (out == kNone) {
        continue;
      }
      if (!InRange(out)) {
        return InvalidModel("node '", node.name, "' makes value ", out, ", which does not exist");
      }
      const Value& value = graph_.value(out);
      if (value.producer != id || made_[static_cast<size_t>(out)]) {
        return InvalidModel("value '", value.name, "' is made by node '", node.name,
                            "' and by something else");
      }
      made_[static_cast<size_t>(out)] = true;
    }
    return {};
  }

  Status CheckProducer(ValueId id, const Value& value) const {
    if (value.producer == kNone) {
      return {};
    }
    if (value.producer < 0 || static_cast<size_t>(value.producer) >= graph_.node_count() ||
        !graph_.alive(value.producer)) {
      return InvalidModel("value '", value.name, "' is made by a node that was removed");
    }
    const Node& node = graph_.node(value.producer);
    if (std::count(node.outputs.begin(), node.outputs.end(), id) != 1) {
      return InvalidModel("value '", value.name, "' is made by node '", node.name,
                          "', which does not list it once among its outputs");
    }
    return {};
  }

  static Status CheckConstant(const Value& value) {
    if (value.constant == nullptr) {
      return {};
    }
    if (value.producer != kNone) {
      return InvalidModel("constant '", value.name, "' is also made by a node");
    }
    const TensorType found(value.constant->dtype(), value.constant->shape());
    if (!value.type.known() || value.type.dtype != found.dtype ||
        value.type.shape() != value.constant->shape()) {
      return InvalidModel("constant '", value.name, "' is declared ", value.type.ToString(),
                          ", its data are ", found.ToString());
    }
    return {};
  }

  static Status CheckQuantization(const Value& value) {
    const Quantization& grid = value.quantization;
    if (grid.empty()) {
      if (!grid.zero_point.empty()) {
        return InvalidModel("value '", value.name, "' has zero points and no scale");
      }
      return {};
    }
    size_t expected = 1;
    if (grid.per_channel()) {
      if (!value.type.ranked || static_cast<size_t>(grid.axis) >= value.type.dims.size()) {
        return InvalidModel("value '", value.name, "' of type ", value.type.ToString(),
                            " is quantized along axis ", grid.axis, ", which it does not have");
      }
      const Dim& dim = value.type.dims[static_cast<size_t>(grid.axis)];
      expected = dim.known() ? static_cast<size_t>(dim.size) : grid.scale.size();
    }
    if (grid.scale.size() != expected || grid.zero_point.size() != expected) {
      return InvalidModel("value '", value.name, "' of type ", value.type.ToString(), " has ",
                          grid.scale.size(), " scales and ", grid.zero_point.size(),
                          " zero points; expected ", expected, " of each");
    }
    for (float scale : grid.scale) {
      if (!std::isnormal(scale) || scale < 0) {
        return InvalidModel("value '", value.name, "' has scale ", scale,
                            "; expected a normal positive number");
      }
    }
    const auto [low, high] = IntegerRange(value.type.dtype);
    for (int64_t zero_point : grid.zero_point) {
      if (zero_point < low || zero_point > high) {
        return InvalidModel("value '", value.name, "' of type ", value.type.ToString(),
                            " has zero point ", zero_point, "; expected ", low, " to ", high);
      }
    }
    return {};
  }

  static std::pair<int64_t, int64_t> IntegerRange(DType type) {
    switch (type) {
      case DType::kS8:
        return {-128, 127};
      case DType::kU8:
        return {0, 255};
      case DType::kS16:
        return {-32768, 32767};
      case DType::kU16:
        return {0, 65535};
      default:
        return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
    }
  }

  Status CheckInputsOf(NodeId id) const {
    const Node& node = graph_.node(id);
    for (ValueId in : node.inputs) {
      if (in == kNone) {
        continue;
      }
      if (!InRange(in)) {
        return InvalidModel("node '", node.name, "' reads value ", in, ", which does not exist");
      }
      if (!made_[static_cast<size_t>(in)]) {
        return InvalidModel("node '", node.name, "' (", node.op, ") reads '", graph_.value(in).name,
                            "', which is no input, no constant and made by no node");
      }
      const std::vector<NodeId> users = graph_.Users(in);
      if (!std::binary_search(users.begin(), users.end(), id)) {
        return InvalidModel("node '", node.name, "' reads '", graph_.value(in).name,
                            "', which does not list it among its readers");
      }
    }
    return {};
  }

  Status CheckOutputs() const {
    std::set<std::string> names;
    for (const Output& output : graph_.outputs) {
      if (!InRange(output.value) || !made_[static_cast<size_t>(output.value)]) {
        return InvalidModel("graph output '", output.name,
                            "' is no input, no constant and made by no node");
      }
      if (!names.insert(output.name).second) {
        return InvalidModel("two graph outputs are named '", output.name, "'");
      }
    }
    return {};
  }

  const Graph& graph_;
  std::vector<bool> made_;  // an input, a constant, or a living node's product
};

}  // namespace

Status Verify(const Graph& graph) { return Verifier(graph).Run(); }

}  // namespace plumb::ir
