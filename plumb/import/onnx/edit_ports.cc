#include "plumb/import/onnx/edit_ports.h"

#include <algorithm>
#include <set>

#include "onnx.pb.h"

namespace plumb::onnx {
namespace {

constexpr int kInt64 = 7;

using Ports = google::protobuf::RepeatedPtrField<ValueInfoProto>;

Result<Shape> FixedShape(const ValueInfoProto& port) {
  if (!port.type().has_tensor_type() || !port.type().tensor_type().has_shape()) {
    return UsageError("'", port.name(), "' states no shape; expected a tensor of a fixed one");
  }
  Shape shape;
  for (const auto& dim : port.type().tensor_type().shape().dim()) {
    if (!dim.has_dim_value() || dim.dim_value() < 1) {
      return UsageError("'", port.name(), "': axis ", shape.size(), " is ",
                        dim.has_dim_param() ? StrCat("'", dim.dim_param(), "'") : "open",
                        "; expected a fixed size");
    }
    shape.push_back(dim.dim_value());
  }
  return shape;
}

void SetShape(const Shape& shape, ValueInfoProto& port) {
  TensorShapeProto& to = *port.mutable_type()->mutable_tensor_type()->mutable_shape();
  to.Clear();
  for (const int64_t size : shape) {
    to.add_dim()->set_dim_value(size);
  }
}

// What is stated of a value that is no longer what it was.
void Forget(const std::string& name, GraphProto& graph) {
  auto& stated = *graph.mutable_value_info();
  for (int i = stated.size(); i-- > 0;) {
    if (stated[i].name() == name) {
      stated.DeleteSubrange(i, 1);
    }
  }
}

// Readers and makers of a value, in subgraphs too.
void Rename(const std::string& from, const std::string& to, GraphProto& graph) {
  for (NodeProto& node : *graph.mutable_node()) {
    for (auto* names : {node.mutable_input(), node.mutable_output()}) {
      std::ranges::replace(*names, from, to);
    }
    for (AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) {
        Rename(from, to, *attribute.mutable_g());
      }
    }
  }
}

class Editor {
 public:
  explicit Editor(ModelProto& model) : graph_(*model.mutable_graph()) {
    for (const NodeProto& node : graph_.node()) {
      used_.insert(node.input().begin(), node.input().end());
      used_.insert(node.output().begin(), node.output().end());
    }
    for (const TensorProto& tensor : graph_.initializer()) {
      used_.insert(tensor.name());
      initializers_.insert(tensor.name());
    }
    for (const ValueInfoProto& port : graph_.input()) {
      used_.insert(port.name());
    }
  }

  // The port keeps its name; what the network reads is made of it.
  Result<AxisSteps> Input(const std::string& name, const std::string& formula) {
    PLUMB_ASSIGN_OR_RETURN(ValueInfoProto* const port,
                           Find(name, "input", *graph_.mutable_input()));
    PLUMB_ASSIGN_OR_RETURN(const AxisSteps steps, Steps(*port, formula));
    const std::string inner = Unused(name + "_original");
    Rename(name, inner, graph_);
    for (const ValueInfoProto& output : graph_.output()) {
      if (output.name() == name) {
        return UsageError("input '", name, "' is an output, too: nothing lies between them");
      }
    }
    Emit(steps.Inverse(), name, inner, front_);
    Forget(name, graph_);
    SetShape(steps.result, *port);
    return steps;
  }

  Status Output(const std::string& name, const std::string& formula) {
    PLUMB_ASSIGN_OR_RETURN(ValueInfoProto* const port,
                           Find(name, "output", *graph_.mutable_output()));
    PLUMB_ASSIGN_OR_RETURN(const AxisSteps steps, Steps(*port, formula));
    const auto makes = [&](const NodeProto& node) {
      return std::ranges::find(node.output(), name) != node.output().end();
    };
    if (std::ranges::none_of(graph_.node(), makes)) {
      return UsageError("output '", name, "' is made by no node");
    }
    const std::string inner = Unused(name + "_original");
    Rename(name, inner, graph_);
    Emit(steps, inner, name, back_);
    Forget(name, graph_);
    SetShape(steps.result, *port);
    return {};
  }

  [[nodiscard]] std::vector<std::string> InputNames() const {
    std::vector<std::string> names;
    for (const ValueInfoProto& port : graph_.input()) {
      if (!initializers_.contains(port.name())) {
        names.push_back(port.name());
      }
    }
    return names;
  }

  // Puts the new nodes where they belong.
  void Finish() {
    google::protobuf::RepeatedPtrField<NodeProto> nodes;
    for (auto* part : {&front_, graph_.mutable_node(), &back_}) {
      for (NodeProto& node : *part) {
        nodes.Add(std::move(node));
      }
    }
    graph_.mutable_node()->Swap(&nodes);
  }

 private:
  using Nodes = google::protobuf::RepeatedPtrField<NodeProto>;

  Result<ValueInfoProto*> Find(const std::string& name, std::string_view kind, Ports& ports) const {
    std::string names;
    for (ValueInfoProto& port : ports) {
      if (port.name() == name) {
        return &port;
      }
      if (!initializers_.contains(port.name())) {
        names += (names.empty() ? "'" : ", '") + port.name() + "'";
      }
    }
    return UsageError("the model has no ", kind, " '", name, "'; it has ", names);
  }

  static Result<AxisSteps> Steps(const ValueInfoProto& port, const std::string& formula) {
    PLUMB_ASSIGN_OR_RETURN(const Shape shape, FixedShape(port));
    auto steps = StepsOf(formula, shape);
    if (!steps.ok()) {
      return steps.status().WithContext(StrCat("'", port.name(), "'"));
    }
    return steps;
  }

  std::string Unused(const std::string& name) {
    std::string unused = name;
    for (int i = 1; !used_.insert(unused).second; ++i) {
      unused = StrCat(name, "_", i);
    }
    return unused;
  }

  void EmitReshape(const Shape& shape, const std::string& from, const std::string& to,
                   Nodes& nodes) {
    TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(Unused(to + "_shape"));
    tensor.set_data_type(kInt64);
    tensor.add_dims(static_cast<int64_t>(shape.size()));
    tensor.mutable_int64_data()->Add(shape.begin(), shape.end());
    NodeProto& node = *nodes.Add();
    node.set_op_type("Reshape");
    node.set_name(Unused(to + "_reshape"));
    node.add_input(from);
    node.add_input(tensor.name());
    node.add_output(to);
  }

  void Emit(const AxisSteps& steps, const std::string& from, const std::string& to, Nodes& nodes) {
    if (!steps.Transposes()) {
      EmitReshape(steps.result, from, to, nodes);
      return;
    }
    std::string split = from, turned = to;
    if (steps.split != steps.tensor) {
      split = Unused(to + "_split");
      EmitReshape(steps.split, from, split, nodes);
    }
    Shape order_shape;
    for (const int64_t axis : steps.order) {
      order_shape.push_back(steps.split[static_cast<size_t>(axis)]);
    }
    const bool merges = order_shape != steps.result;
    turned = merges ? Unused(to + "_turned") : to;
    NodeProto& node = *nodes.Add();
    node.set_op_type("Transpose");
    node.set_name(Unused(to + "_transpose"));
    node.add_input(split);
    node.add_output(turned);
    AttributeProto& perm = *node.add_attribute();
    perm.set_name("perm");
    perm.set_type(AttributeProto::INTS);
    perm.mutable_ints()->Add(steps.order.begin(), steps.order.end());
    if (merges) {
      EmitReshape(steps.result, turned, to, nodes);
    }
  }

  GraphProto& graph_;
  Nodes front_, back_;
  std::set<std::string> used_, initializers_;
};

}  // namespace

Result<EditedModel> EditPorts(std::string_view bytes, const PortEdits& edits) {
  ModelProto model;
  if (!model.ParseFromString(std::string(bytes)) || !model.has_graph()) {
    return InvalidModel("the file is no ONNX model, or it is truncated or damaged (", bytes.size(),
                        " bytes)");
  }
  EditedModel edited;
  Editor editor(model);
  edited.input_names = editor.InputNames();
  edited.has_external_data = std::ranges::any_of(
      model.graph().initializer(), [](const TensorProto& t) { return t.data_location() == 1; });
  for (const auto& [name, formula] : edits.inputs) {
    PLUMB_ASSIGN_OR_RETURN(edited.inputs[name], editor.Input(name, formula));
  }
  for (const auto& [name, formula] : edits.outputs) {
    PLUMB_RETURN_IF_ERROR(editor.Output(name, formula));
  }
  editor.Finish();
  edited.bytes = model.SerializeAsString();
  return edited;
}

}  // namespace plumb::onnx
