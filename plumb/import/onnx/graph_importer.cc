#include "plumb/import/onnx/graph_importer.h"

#include <algorithm>
#include <functional>
#include <queue>

#include "onnx.pb.h"
#include "plumb/import/onnx/composites.h"
#include "plumb/import/onnx/read_inputs.h"
#include "plumb/import/onnx/read_tensor.h"
#include "plumb/ops/custom.h"
#include "plumb/ops/import_rules.h"
#include "plumb/ops/op_def.h"

namespace plumb::onnx {
namespace {

const ops::ImportRule* FindRule(const NodeProto& node) {
  const std::string type = QualifiedType(node);
  if (const ops::ImportRule* const custom = ops::FindCustomRule(node.op_type())) {
    return custom;  // also in place of an operator that is known
  }
  const ops::ImportRule* rule = ops::FindImportRule("onnx", type);
  return rule != nullptr ? rule : FindComposite(type);
}

using Kind = AttributeProto;

// Files from before attributes had a kind fill one field.
int KindOf(const AttributeProto& a) {
  if (a.type() != Kind::UNDEFINED) {
    return a.type();
  }
  return a.has_f()           ? Kind::FLOAT
         : a.has_i()         ? Kind::INT
         : a.has_s()         ? Kind::STRING
         : a.has_t()         ? Kind::TENSOR
         : a.has_g()         ? Kind::GRAPH
         : a.ints_size() > 0 ? Kind::INTS
         : a.floats_size()   ? Kind::FLOATS
         : a.strings_size()  ? Kind::STRINGS
                             : Kind::UNDEFINED;
}

Status ReadAttribute(const AttributeProto& a, const std::filesystem::path& base_dir,
                     ops::ForeignNode& node) {
  switch (KindOf(a)) {
    case Kind::FLOAT:
      node.attributes.Set(a.name(), a.f());
      return {};
    case Kind::INT:
      node.attributes.Set(a.name(), int64_t{a.i()});
      return {};
    case Kind::STRING:
      node.attributes.Set(a.name(), std::string(a.s()));
      return {};
    case Kind::FLOATS:
      node.attributes.Set(a.name(), std::vector<float>(a.floats().begin(), a.floats().end()));
      return {};
    case Kind::INTS:
      node.attributes.Set(a.name(), std::vector<int64_t>(a.ints().begin(), a.ints().end()));
      return {};
    case Kind::STRINGS:
      node.attributes.Set(a.name(),
                          std::vector<std::string>(a.strings().begin(), a.strings().end()));
      return {};
    case Kind::TENSOR: {
      PLUMB_ASSIGN_OR_RETURN(Tensor tensor, ReadTensor(a.t(), base_dir));
      node.tensors.insert_or_assign(a.name(), Widened(std::move(tensor)));
      return {};
    }
    default:
      return InvalidModel("attribute '", a.name(), "' is of ONNX kind ", a.type(),
                          ", which is not supported");
  }
}

Status Joined(const std::vector<Status>& errors, std::string_view what) {
  if (errors.size() == 1) {
    return errors[0];
  }
  std::string message = StrCat(errors.size(), " ", what, ":");
  for (const Status& error : errors) {
    message += "\n  " + error.message();
  }
  return {errors[0].code(), message};
}

}  // namespace

std::string CanonicalDomain(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

std::string QualifiedType(const NodeProto& node) {
  const std::string domain = CanonicalDomain(node.domain());
  return domain.empty() ? node.op_type() : domain + ":" + node.op_type();
}

GraphImporter::GraphImporter(const ModelProto& model, const std::filesystem::path& base_dir,
                             const ImportOptions& options)
    : model_(model), graph_(model.graph()), base_dir_(base_dir), options_(options) {}

Result<ImportedModel> GraphImporter::Import() {
  if (!model_.has_graph()) {
    return InvalidModel("the file holds no graph; expected an ONNX model");
  }
  result_.graph.name = graph_.name();
  result_.ir_version = model_.ir_version();
  result_.producer = model_.producer_name();
  if (!model_.producer_version().empty()) {
    result_.producer += (result_.producer.empty() ? "" : " ") + model_.producer_version();
  }
  for (const StringStringEntryProto& entry : model_.metadata_props()) {
    result_.metadata[entry.key()] = entry.value();
  }
  PLUMB_RETURN_IF_ERROR(ReadOpsets());
  PLUMB_RETURN_IF_ERROR(CheckSupported());
  PLUMB_RETURN_IF_ERROR(ReadInitializers());
  PLUMB_RETURN_IF_ERROR(ReadInputs());
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int> order, Order());
  PLUMB_RETURN_IF_ERROR(ImportNodes(order));
  PLUMB_RETURN_IF_ERROR(ReadOutputs());
  return std::move(result_);
}

Status GraphImporter::ReadOpsets() {
  for (const OperatorSetIdProto& opset : model_.opset_import()) {
    opsets_[CanonicalDomain(opset.domain())] = opset.version();
  }
  const auto found = opsets_.find("");
  const bool uses_default =
      std::any_of(graph_.node().begin(), graph_.node().end(),
                  [](const NodeProto& n) { return CanonicalDomain(n.domain()).empty(); });
  if (found == opsets_.end()) {
    return uses_default ? InvalidModel("the model names no opset; expected one from ", kOldestOpset,
                                       " to ", kNewestOpset)
                        : Status();
  }
  result_.opset = found->second;
  if (result_.opset < kOldestOpset || result_.opset > kNewestOpset) {
    return InvalidModel("the model has opset ", result_.opset, "; expected one from ", kOldestOpset,
                        " to ", kNewestOpset,
                        ". Export it with one of these, or convert it with onnx.version_converter");
  }
  return {};
}

int64_t GraphImporter::VersionOf(const NodeProto& node) const {
  const auto found = opsets_.find(CanonicalDomain(node.domain()));
  return found == opsets_.end() ? 0 : found->second;
}

std::string GraphImporter::NameOf(int index) const {
  const NodeProto& node = graph_.node(index);
  if (!node.name().empty()) {
    return node.name();
  }
  for (const std::string& output : node.output()) {
    if (!output.empty()) {
      return output;
    }
  }
  return StrCat("node ", index);
}

std::string GraphImporter::Describe(int index) const {
  return StrCat(graph_.node(index).op_type(), " '", NameOf(index), "' (onnx)");
}

Status GraphImporter::CheckSupported() const {
  std::set<std::string> functions;
  for (const FunctionProto& f : model_.functions()) {
    functions.insert(CanonicalDomain(f.domain()) + ":" + f.name());
  }
  std::vector<std::string> found;
  for (int i = 0; i < graph_.node_size(); ++i) {
    const NodeProto& node = graph_.node(i);
    const std::string domain = CanonicalDomain(node.domain());
    const bool is_function = functions.count(domain + ":" + node.op_type()) != 0;
    if (FindRule(node) != nullptr && !is_function) {
      continue;
    }
    const bool has_graph =
        std::any_of(node.attribute().begin(), node.attribute().end(),
                    [](const AttributeProto& a) { return KindOf(a) == Kind::GRAPH; });
    found.push_back(StrCat(node.op_type(), " '", NameOf(i), "' (",
                           domain.empty() ? "" : "domain " + domain + ", ", "opset ",
                           VersionOf(node), is_function ? ", a function in the model" : "",
                           has_graph ? ", holds a subgraph" : "", ")"));
  }
  if (found.empty()) {
    return {};
  }
  std::string message = StrCat(found.size(), found.size() == 1 ? " node has" : " nodes have",
                               " an unsupported operator:");
  for (const std::string& node : found) {
    message += "\n  " + node;
  }
  return InvalidModel(message);
}

Status GraphImporter::ReadInitializers() {
  if (graph_.sparse_initializer_size() > 0) {
    return InvalidModel("initializer '", graph_.sparse_initializer(0).values().name(),
                        "' is sparse, which is not supported");
  }
  for (const TensorProto& proto : graph_.initializer()) {
    PLUMB_ASSIGN_OR_RETURN(Tensor tensor, ReadTensor(proto, base_dir_));
    if (proto.data_location() == 1) {
      for (const StringStringEntryProto& entry : proto.external_data()) {
        if (entry.key() == "location") {
          result_.data_files.insert(entry.value());
        }
      }
    }
    if (proto.name().empty() || values_.count(proto.name()) != 0) {
      return InvalidModel("initializer '", proto.name(),
                          proto.name().empty() ? "' has no name" : "' is defined twice");
    }
    values_[proto.name()] = result_.graph.AddConstant(proto.name(), Widened(std::move(tensor)));
  }
  return {};
}

Status GraphImporter::CheckOptionNames() const {
  for (const auto& [name, shape] : options_.input_shapes) {
    const bool known = std::any_of(
        result_.graph.inputs.begin(), result_.graph.inputs.end(),
        [&](const ir::Input& in) { return result_.graph.value(in.value).name == name; });
    if (!known) {
      std::string names;
      for (const ir::Input& in : result_.graph.inputs) {
        names += (names.empty() ? "" : ", ") + result_.graph.value(in.value).name;
      }
      return UsageError("--input-shape names '", name, "'; the model's inputs are: ", names);
    }
  }
  return {};
}

Status GraphImporter::ReadInputs() {
  std::vector<const ValueInfoProto*> inputs;
  std::set<std::string> names;
  for (const ValueInfoProto& input : graph_.input()) {
    if (input.name().empty() || !names.insert(input.name()).second) {
      return InvalidModel("input '", input.name(),
                          input.name().empty() ? "' has no name" : "' is defined twice");
    }
    if (values_.count(input.name()) == 0) {  // an initializer listed as an input is a constant
      inputs.push_back(&input);
    }
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (auto by_place = options_.input_shapes.extract(StrCat("#", i)); !by_place.empty()) {
      by_place.key() = inputs[i]->name();
      options_.input_shapes.insert(std::move(by_place));
    }
  }
  PLUMB_ASSIGN_OR_RETURN(const InputTypes types, ReadInputTypes(inputs, options_));
  for (const InputType& type : types.inputs) {
    const DType inside = IsFloat(type.dtype) ? DType::kF32 : type.dtype;
    values_[type.name] = result_.graph.AddInput(type.name, ir::TensorType(inside, type.shape));
    result_.graph.inputs.back().dtype = type.dtype;
  }
  result_.symbolic_batch = types.symbolic_batch;
  return CheckOptionNames();
}

Result<std::vector<int>> GraphImporter::Order() const {
  std::map<std::string_view, int> maker;
  for (int i = 0; i < graph_.node_size(); ++i) {
    for (const std::string& output : graph_.node(i).output()) {
      if (output.empty()) {
        continue;
      }
      if (values_.count(output) != 0) {
        return InvalidModel(Describe(i), ": output '", output,
                            "' is also an input or an initializer");
      }
      if (const auto [at, added] = maker.emplace(output, i); !added) {
        return InvalidModel("value '", output, "' is made by two nodes: ", Describe(at->second),
                            " and ", Describe(i));
      }
    }
  }
  std::vector<int> waiting(static_cast<size_t>(graph_.node_size()), 0);
  std::vector<std::vector<int>> readers(waiting.size());
  for (int i = 0; i < graph_.node_size(); ++i) {
    for (const std::string& input : graph_.node(i).input()) {
      if (input.empty() || values_.count(input) != 0) {
        continue;
      }
      const auto made = maker.find(input);
      if (made == maker.end()) {
        return InvalidModel(Describe(i), " reads '", input,
                            "', which is no input and no initializer and is made by no node");
      }
      readers[static_cast<size_t>(made->second)].push_back(i);
      ++waiting[static_cast<size_t>(i)];
    }
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < graph_.node_size(); ++i) {
    if (waiting[static_cast<size_t>(i)] == 0) {
      ready.push(i);
    }
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int node = ready.top();
    ready.pop();
    order.push_back(node);
    for (int reader : readers[static_cast<size_t>(node)]) {
      if (--waiting[static_cast<size_t>(reader)] == 0) {
        ready.push(reader);
      }
    }
  }
  if (order.size() != waiting.size()) {
    const auto stuck = std::find_if(waiting.begin(), waiting.end(), [](int w) { return w > 0; });
    return InvalidModel("the graph has a cycle through or before ",
                        Describe(static_cast<int>(stuck - waiting.begin())));
  }
  return order;
}

Status GraphImporter::ImportNodes(const std::vector<int>& order) {
  std::vector<Status> errors;
  for (int index : order) {
    if (Status status = ImportNode(index); !status.ok()) {
      errors.push_back(std::move(status));
      // What reads the node's outputs can still be looked at.
      for (const std::string& output : graph_.node(index).output()) {
        values_.emplace(output, result_.graph.AddValue(output));
      }
    }
  }
  return errors.empty() ? Status() : Joined(errors, "nodes cannot be imported");
}

Result<ops::ForeignNode> GraphImporter::MakeForeign(int index) {
  const NodeProto& proto = graph_.node(index);
  ops::ForeignNode node;
  node.graph = &result_.graph;
  node.format = "onnx";
  node.type = proto.op_type();
  node.version = VersionOf(proto);
  node.name = NameOf(index);
  for (int suffix = 1; !node_names_.insert(node.name).second; ++suffix) {
    node.name = StrCat(NameOf(index), ".", suffix);
  }
  for (const std::string& input : proto.input()) {
    node.inputs.push_back(input.empty() ? ir::kNone : values_.at(input));
  }
  while (!node.inputs.empty() && node.inputs.back() == ir::kNone) {
    node.inputs.pop_back();
  }
  node.output_names.assign(proto.output().begin(), proto.output().end());
  while (!node.output_names.empty() && node.output_names.back().empty()) {
    node.output_names.pop_back();
  }
  if (node.output_names.empty()) {
    return InvalidModel(node.Describe(), ": no outputs; expected one or more");
  }
  for (const AttributeProto& a : proto.attribute()) {
    if (Status status = ReadAttribute(a, base_dir_, node); !status.ok()) {
      return status.WithContext(node.Describe());
    }
  }
  return node;
}

Status GraphImporter::ImportNode(int index) {
  PLUMB_ASSIGN_OR_RETURN(ops::ForeignNode node, MakeForeign(index));
  PLUMB_RETURN_IF_ERROR(FindRule(graph_.node(index))->import(node));
  for (size_t i = 0; i < node.output_names.size(); ++i) {
    if (node.output_names[i].empty()) {
      continue;
    }
    if (i >= node.results.size() || node.results[i] == ir::kNone) {
      return InvalidModel(node.Describe(), ": output ", i, " ('", node.output_names[i],
                          "') is used, which is not supported");
    }
    values_[node.output_names[i]] = node.results[i];
  }
  return {};
}

Status GraphImporter::ReadOutputs() {
  std::set<std::string> names;
  for (const ValueInfoProto& output : graph_.output()) {
    const auto found = values_.find(output.name());
    if (found == values_.end()) {
      return InvalidModel("output '", output.name(), "' is made by no node");
    }
    if (!names.insert(output.name()).second) {
      return InvalidModel("output '", output.name(), "' is listed twice");
    }
    const int type = output.type().tensor_type().elem_type();
    if (type == 21 || type == 22) {
      return InvalidModel("output '", output.name(),
                          "' has 4-bit elements, which is not supported");
    }
    result_.graph.AddOutput(output.name(), found->second);
    result_.graph.outputs.back().dtype =
        output.type().has_tensor_type()
            ? ops::DTypeFromOnnx(output.type().tensor_type().elem_type())
            : DType::kNone;
  }
  return names.empty() ? InvalidModel("the graph has no outputs; expected one or more") : Status();
}

}  // namespace plumb::onnx
