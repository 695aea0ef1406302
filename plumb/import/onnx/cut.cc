#include "plumb/import/onnx/cut.h"

#include <algorithm>
#include <optional>
#include <set>

#include "onnx.pb.h"
#include "plumb/base/edit_distance.h"
#include "plumb/import/onnx/graph_importer.h"
#include "plumb/import/onnx/input_constant.h"
#include "plumb/import/onnx/read_tensor.h"
#include "plumb/ops/import_rules.h"

namespace plumb::onnx {
namespace {

constexpr int kFloat = 1;  // ONNX's number

// Which node makes a tensor; the tensors that are there from the beginning.
struct Names {
  std::map<std::string, int, std::less<>> makers;
  std::set<std::string, std::less<>> inputs, initializers;

  explicit Names(const GraphProto& graph) {
    for (int i = 0; i < graph.node_size(); ++i) {
      for (const std::string& output : graph.node(i).output()) {
        if (!output.empty()) {
          makers.emplace(output, i);
        }
      }
    }
    for (const TensorProto& proto : graph.initializer()) {
      initializers.insert(proto.name());
    }
    for (const ValueInfoProto& input : graph.input()) {
      if (!initializers.contains(input.name())) {
        inputs.insert(input.name());
      }
    }
  }
  [[nodiscard]] bool Has(std::string_view name) const {
    return makers.contains(name) || inputs.contains(name) || initializers.contains(name);
  }
  [[nodiscard]] std::set<std::string> All() const {
    std::set<std::string> all(inputs.begin(), inputs.end());
    for (const auto& [name, node] : makers) {
      all.insert(name);
    }
    return all;
  }
};

// The tensors that an option names: each text is a name, or names with commas between.
Result<std::vector<std::string>> Resolve(const std::vector<std::string>& texts,
                                         std::string_view option, const Names& names) {
  std::vector<std::string> found;
  const auto take = [&](const std::string& name) -> Status {
    if (!names.Has(name)) {
      return UsageError(option, " ", name, ": the model has no tensor of this name; ",
                        DidYouMean(name, names.All()),
                        "names are as in the model's file (Netron shows them)");
    }
    if (std::find(found.begin(), found.end(), name) != found.end()) {
      return UsageError(option, " ", name, ": named twice");
    }
    found.push_back(name);
    return {};
  };
  for (const std::string& text : texts) {
    if (names.Has(text)) {
      PLUMB_RETURN_IF_ERROR(take(text));
      continue;
    }
    for (size_t begin = 0; begin <= text.size();) {
      const size_t end = std::min(text.find(',', begin), text.size());
      PLUMB_RETURN_IF_ERROR(take(text.substr(begin, end - begin)));
      begin = end + 1;
    }
  }
  return found;
}

const ValueInfoProto* FindInfo(const GraphProto& graph, std::string_view name) {
  for (const auto* list : {&graph.input(), &graph.value_info(), &graph.output()}) {
    for (const ValueInfoProto& info : *list) {
      if (info.name() == name) {
        return &info;
      }
    }
  }
  return nullptr;
}

// The declaration of a tensor that becomes an input; of no type where the file has none.
ValueInfoProto InfoOf(const GraphProto& graph, const std::string& name) {
  ValueInfoProto info;
  if (const ValueInfoProto* found = FindInfo(graph, name)) {
    info = *found;
  }
  info.set_name(name);
  return info;
}

bool ReadsPlainly(const TypeProto::Tensor& type) {
  if (!type.has_shape()) {
    return false;
  }
  for (int i = 1; i < type.shape().dim_size(); ++i) {  // a leading one may be the batch
    if (!type.shape().dim(i).has_dim_value()) {
      return false;
    }
  }
  return true;
}

// One model, cut.
class Cutter {
 public:
  Cutter(const Cut& cut, ModelProto& model)
      : cut_(cut), graph_(*model.mutable_graph()), names_(graph_) {}

  Status Run() {
    PLUMB_ASSIGN_OR_RETURN(inputs_, Resolve(cut_.inputs, "--inputs", names_));
    PLUMB_ASSIGN_OR_RETURN(outputs_, Resolve(cut_.outputs, "--outputs", names_));
    PLUMB_RETURN_IF_ERROR(CheckInputs());
    PLUMB_RETURN_IF_ERROR(CheckConstants());
    PLUMB_RETURN_IF_ERROR(FindNeeded());
    SetInputs();
    SetOutputs();
    DropNodes();
    DropInitializers();
    for (const auto& [name, tensor] : cut_.constants) {
      if (needed_.contains(name)) {
        PLUMB_RETURN_IF_ERROR(AddConstant(name, tensor, constant_types_.at(name), graph_));
      }
    }
    return {};
  }

 private:
  [[nodiscard]] bool IsNewInput(std::string_view name) const {
    return std::find(inputs_.begin(), inputs_.end(), name) != inputs_.end();
  }

  Status CheckInputs() const {
    for (const std::string& name : inputs_) {
      if (names_.initializers.contains(name)) {
        return UsageError("--inputs ", name,
                          ": a constant of the model, not a tensor that it computes");
      }
      if (std::find(outputs_.begin(), outputs_.end(), name) != outputs_.end()) {
        return UsageError("'", name, "' is in --inputs and in --outputs: nothing lies between");
      }
    }
    return {};
  }

  Status CheckConstants() {
    for (const auto& [name, tensor] : cut_.constants) {
      const bool known = inputs_.empty() ? names_.inputs.contains(name) : IsNewInput(name);
      if (!known) {
        const std::set<std::string> inputs =
            inputs_.empty() ? std::set<std::string>(names_.inputs.begin(), names_.inputs.end())
                            : std::set<std::string>(inputs_.begin(), inputs_.end());
        std::string list;
        for (const std::string& input : inputs) {
          list += (list.empty() ? "" : ", ") + input;
        }
        return UsageError("--constant ", name, ": no input of the model; its inputs are: ", list);
      }
      constant_types_.emplace(name, InfoOf(graph_, name));
    }
    return {};
  }

  // Backwards from the outputs.
  Status FindNeeded() {
    std::vector<std::pair<std::string, int>> open;  // a tensor and the node that reads it
    if (outputs_.empty()) {
      for (const ValueInfoProto& output : graph_.output()) {
        open.emplace_back(output.name(), -1);
      }
    } else {
      for (const std::string& output : outputs_) {
        open.emplace_back(output, -1);
      }
    }
    while (!open.empty()) {
      const auto [name, reader] = std::move(open.back());
      open.pop_back();
      if (name.empty() || !needed_.insert(name).second || IsNewInput(name)) {
        continue;
      }
      if (!inputs_.empty() && names_.inputs.contains(name)) {
        const std::string by =
            reader < 0 ? "is an output"
                       : StrCat("is read by ", graph_.node(reader).op_type(), " '",
                                graph_.node(reader).name().empty() ? graph_.node(reader).output(0)
                                                                   : graph_.node(reader).name(),
                                "'");
        return UsageError("--inputs leaves out '", name, "', which ", by,
                          "; name it there too, or cut behind what reads it");
      }
      const auto maker = names_.makers.find(name);
      if (maker == names_.makers.end() || !needed_nodes_.insert(maker->second).second) {
        continue;
      }
      for (const std::string& input : graph_.node(maker->second).input()) {
        open.emplace_back(input, maker->second);
      }
    }
    for (const std::string& name : inputs_) {
      if (!needed_.contains(name) && names_.makers.contains(name)) {
        return UsageError("--inputs ", name,
                          ": no output depends on it; leave it out, or name "
                          "the outputs that do in --outputs");
      }
    }
    return {};
  }

  void SetInputs() {
    std::vector<ValueInfoProto> kept;
    if (!inputs_.empty()) {
      for (const std::string& name : inputs_) {
        kept.push_back(InfoOf(graph_, name));
      }
    } else {
      for (const ValueInfoProto& input : graph_.input()) {
        if (outputs_.empty() || needed_.contains(input.name())) {
          kept.push_back(input);
        }
      }
    }
    std::erase_if(kept, [&](const auto& info) { return cut_.constants.contains(info.name()); });
    graph_.clear_input();
    for (ValueInfoProto& info : kept) {
      *graph_.add_input() = std::move(info);
    }
    // A node with several outputs may stay for another one.
    for (NodeProto& node : *graph_.mutable_node()) {
      for (std::string& output : *node.mutable_output()) {
        if (IsNewInput(output)) {
          output += "/before_cut";
          while (names_.Has(output)) {
            output += "_";
          }
        }
      }
    }
  }

  void SetOutputs() {
    if (outputs_.empty()) {
      return;
    }
    std::vector<ValueInfoProto> infos;
    for (const std::string& name : outputs_) {
      infos.push_back(InfoOf(graph_, name));
    }
    graph_.clear_output();
    for (ValueInfoProto& info : infos) {
      *graph_.add_output() = std::move(info);
    }
  }

  void DropNodes() {
    google::protobuf::RepeatedPtrField<NodeProto> kept;
    for (int i = 0; i < graph_.node_size(); ++i) {
      if (needed_nodes_.contains(i)) {
        kept.Add()->Swap(graph_.mutable_node(i));
      }
    }
    graph_.mutable_node()->Swap(&kept);
    graph_.clear_value_info();  // also of tensors that are gone, or are inputs now
  }

  void DropInitializers() {
    google::protobuf::RepeatedPtrField<TensorProto> kept;
    for (TensorProto& proto : *graph_.mutable_initializer()) {
      if (needed_.contains(proto.name())) {
        kept.Add()->Swap(&proto);
      }
    }
    graph_.mutable_initializer()->Swap(&kept);
  }

  const Cut& cut_;
  GraphProto& graph_;
  const Names names_;
  std::vector<std::string> inputs_, outputs_;
  std::map<std::string, ValueInfoProto> constant_types_;
  std::set<std::string, std::less<>> needed_;
  std::set<int> needed_nodes_;
};

int OnnxType(DType type) {
  constexpr int kLastType = 16;
  for (int number = kFloat; number <= kLastType; ++number) {
    if (ops::DTypeFromOnnx(number) == type) {
      return number;
    }
  }
  return kFloat;
}

void Declare(const std::string& name, DType type, const Shape& shape, GraphProto& graph) {
  auto* infos = graph.mutable_value_info();
  const auto found =
      std::find_if(infos->begin(), infos->end(), [&](const auto& i) { return i.name() == name; });
  ValueInfoProto& info = found == infos->end() ? *infos->Add() : *found;
  info.set_name(name);
  TypeProto::Tensor& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(OnnxType(type));
  tensor.clear_shape();
  tensor.mutable_shape();
  for (const int64_t size : shape) {
    tensor.mutable_shape()->add_dim()->set_dim_value(size);
  }
}

// What comes out of the part before the cut.
Result<ImportedModel> ImportFront(const std::vector<std::string>& outputs, const ModelProto& model,
                                  const std::filesystem::path& base_dir,
                                  const ImportOptions& options) {
  ModelProto front = model;
  Cut cut;
  cut.outputs = outputs;
  PLUMB_RETURN_IF_ERROR(ApplyCut(cut, front));
  ImportOptions known;
  known.other_shapes = options.other_shapes;
  for (const ValueInfoProto& input : front.graph().input()) {
    if (const auto given = options.input_shapes.find(input.name());
        given != options.input_shapes.end()) {
      known.input_shapes.insert(*given);
    }
  }
  PLUMB_ASSIGN_OR_RETURN(ImportedModel imported, GraphImporter(front, base_dir, known).Import());
  PLUMB_RETURN_IF_ERROR(options.infer(imported.graph));
  return imported;
}

}  // namespace

Status ApplyCut(const Cut& cut, ModelProto& model) { return Cutter(cut, model).Run(); }

Status TypeInnerInputs(const std::filesystem::path& base_dir, const ImportOptions& options,
                       ModelProto& model) {
  const Names names(model.graph());
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> inputs,
                         Resolve(options.cut.inputs, "--inputs", names));
  std::vector<std::string> unknown;
  for (const std::string& name : inputs) {
    if (!names.makers.contains(name) || options.cut.constants.contains(name)) {
      continue;
    }
    const ValueInfoProto info = InfoOf(model.graph(), name);
    const TypeProto::Tensor& type = info.type().tensor_type();
    if (type.elem_type() == 0 || (!ReadsPlainly(type) && !options.input_shapes.contains(name))) {
      unknown.push_back(name);
    }
  }
  if (unknown.empty()) {
    return {};
  }
  Result<ImportedModel> front = UsageError("it is not known how to find it");
  if (options.infer) {
    front = ImportFront(unknown, model, base_dir, options);
  }
  for (size_t i = 0; i < unknown.size(); ++i) {
    const std::string& name = unknown[i];
    const auto given = options.input_shapes.find(name);
    if (front.ok()) {
      const ir::Output& output = front->graph.outputs[i];
      const ir::TensorType& type = front->graph.value(output.value).type;
      const DType dtype = output.dtype == DType::kNone ? type.dtype : output.dtype;
      Shape shape = type.shape();
      if (given != options.input_shapes.end()) {
        const bool one_sample = given->second.size() + 1 == shape.size();
        shape = given->second;
        if (one_sample) {
          shape.insert(shape.begin(), 1);
        }
      }
      Declare(name, dtype, shape, *model.mutable_graph());
    } else if (given != options.input_shapes.end()) {
      // What lies before cannot be read; tensors inside a network are floating point but for rare exceptions.
      Declare(name, DType::kF32, given->second, *model.mutable_graph());
    } else {
      return UsageError("--inputs ", name,
                        ": its shape does not stand in the file, and what lies before "
                        "it cannot be read for it (",
                        front.status().message(), "); give it with --input-shape ", name, "=...");
    }
  }
  return {};
}

}  // namespace plumb::onnx
