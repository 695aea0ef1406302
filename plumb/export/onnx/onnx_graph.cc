#include "plumb/export/onnx/onnx_graph.h"

#include <cstring>
#include <filesystem>
#include <optional>

#include "onnx.pb.h"
#include "plumb/base/atomic_file.h"

namespace plumb::exporting {
namespace {

constexpr size_t kShared = 64;    // constants up to this many bytes share names
constexpr uint64_t kPage = 4096;  // of external data: where a tensor may begin
constexpr uint64_t kMostOfAMessage = (uint64_t{1} << 31) - 1;

std::string RawBytes(const Tensor& tensor) {
  return {static_cast<const char*>(tensor.raw()), tensor.bytes()};
}

struct FillAttribute {
  onnx::AttributeProto& out;
  void operator()(int64_t v) const { out.set_i(v), out.set_type(onnx::AttributeProto::INT); }
  void operator()(float v) const { out.set_f(v), out.set_type(onnx::AttributeProto::FLOAT); }
  void operator()(const std::string& v) const {
    out.set_s(v), out.set_type(onnx::AttributeProto::STRING);
  }
  void operator()(const std::vector<int64_t>& v) const {
    out.mutable_ints()->Add(v.begin(), v.end()), out.set_type(onnx::AttributeProto::INTS);
  }
  void operator()(const std::vector<float>& v) const {
    out.mutable_floats()->Add(v.begin(), v.end()), out.set_type(onnx::AttributeProto::FLOATS);
  }
  void operator()(const std::vector<std::string>& v) const {
    out.mutable_strings()->Add(v.begin(), v.end()), out.set_type(onnx::AttributeProto::STRINGS);
  }
};

void FillPort(const OnnxGraph::Port& port, onnx::ValueInfoProto& out) {
  out.set_name(port.name);
  onnx::TypeProto::Tensor& type = *out.mutable_type()->mutable_tensor_type();
  type.set_elem_type(OnnxElementType(port.dtype));
  onnx::TensorShapeProto& shape = *type.mutable_shape();
  for (int64_t d : port.shape) {
    shape.add_dim()->set_dim_value(d);
  }
}

void AddEntry(std::string_view key, const std::string& value, onnx::StringStringEntryProto& out) {
  out.set_key(std::string(key));
  out.set_value(value);
}

// The file of external data: tensors one after the other, each on a page of its own.
class DataFile {
 public:
  static Result<DataFile> Create(const std::string& path) {
    PLUMB_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
    return DataFile(std::move(file), std::filesystem::path(path).filename().string());
  }
  Status Append(const Tensor& tensor, onnx::TensorProto& out) {
    const uint64_t start = (size_ + kPage - 1) / kPage * kPage;
    PLUMB_RETURN_IF_ERROR(file_.Write(std::string(start - size_, '\0')));
    PLUMB_RETURN_IF_ERROR(
        file_.Write(std::span(static_cast<const std::byte*>(tensor.raw()), tensor.bytes())));
    size_ = start + tensor.bytes();
    out.set_data_location(1);
    AddEntry("location", name_, *out.add_external_data());
    AddEntry("offset", std::to_string(start), *out.add_external_data());
    AddEntry("length", std::to_string(tensor.bytes()), *out.add_external_data());
    return {};
  }
  Status Commit() { return file_.Commit(); }
  [[nodiscard]] uint64_t size() const { return size_; }

 private:
  DataFile(AtomicFile file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  AtomicFile file_;
  std::string name_;
  uint64_t size_ = 0;
};

}  // namespace

int32_t OnnxElementType(DType type) {
  switch (type) {
    case DType::kF32:
      return 1;
    case DType::kU8:
      return 2;
    case DType::kS8:
      return 3;
    case DType::kU16:
      return 4;
    case DType::kS16:
      return 5;
    case DType::kS32:
      return 6;
    case DType::kS64:
      return 7;
    case DType::kBool:
      return 9;
    case DType::kF16:
      return 10;
    case DType::kF64:
      return 11;
    case DType::kU32:
      return 12;
    case DType::kU64:
      return 13;
    case DType::kBF16:
      return 16;
    case DType::kNone:
      break;
  }
  return 0;
}

std::string OnnxGraph::UniqueName(std::string_view wanted) {
  std::string name(wanted.empty() ? "value" : wanted);
  const std::string base = name;
  int& suffix = next_suffix_.try_emplace(base, 2).first->second;
  while (!names_.insert(name).second) {
    name = base + "_" + std::to_string(suffix++);
  }
  return name;
}

std::vector<std::string> OnnxGraph::AddMany(std::string_view op, std::vector<std::string> inputs,
                                            const std::vector<std::string>& outputs,
                                            Attributes attributes) {
  Node node{std::string(op), std::move(inputs), {}, std::move(attributes)};
  for (const std::string& output : outputs) {
    node.outputs.push_back(output.empty() ? "" : UniqueName(output));
  }
  nodes_.push_back(node);
  return node.outputs;
}

std::string OnnxGraph::Add(std::string_view op, std::vector<std::string> inputs,
                           std::string_view output, Attributes attributes) {
  return AddMany(op, std::move(inputs), {std::string(output)}, std::move(attributes))[0];
}

void OnnxGraph::AddPort(std::string_view op, std::vector<std::string> inputs,
                        const std::string& output, Attributes attributes) {
  nodes_.push_back({std::string(op), std::move(inputs), {output}, std::move(attributes)});
}

std::string OnnxGraph::Constant(std::string_view wanted, Tensor tensor) {
  std::string* known = nullptr;
  if (tensor.bytes() <= kShared) {
    const std::string key =
        StrCat(DTypeName(tensor.dtype()), " ", ShapeToString(tensor.shape()), " ") +
        RawBytes(tensor);
    known = &small_constants_[key];
    if (!known->empty()) {
      return *known;
    }
  }
  const std::string name = UniqueName(wanted);
  constants_.emplace(name, std::move(tensor));
  constant_order_.push_back(name);
  if (known != nullptr) {
    *known = name;
  }
  return name;
}

Result<OnnxFiles> OnnxGraph::Write(const std::string& path, std::string_view name,
                                   std::string_view producer_version, uint64_t most_inside) const {
  onnx::ModelProto model;
  model.set_ir_version(kOnnxIrVersion);
  model.set_producer_name("plumb");
  model.set_producer_version(std::string(producer_version));
  model.add_opset_import()->set_version(kOnnxOpset);
  for (const auto& [key, value] : metadata_) {
    AddEntry(key, value, *model.add_metadata_props());
  }
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name(std::string(name));
  for (const Node& node : nodes_) {
    onnx::NodeProto& out = *graph.add_node();
    out.set_name(node.outputs[0]);
    out.set_op_type(node.op);
    out.mutable_input()->Add(node.inputs.begin(), node.inputs.end());
    out.mutable_output()->Add(node.outputs.begin(), node.outputs.end());
    for (const auto& [key, value] : node.attributes) {
      onnx::AttributeProto& attribute = *out.add_attribute();
      attribute.set_name(key);
      std::visit(FillAttribute{attribute}, value);
    }
  }
  for (const Port& port : inputs_) {
    FillPort(port, *graph.add_input());
  }
  for (const Port& port : outputs_) {
    FillPort(port, *graph.add_output());
  }
  OnnxFiles files{path, 0, "", 0};
  uint64_t inside = 0;
  for (const auto& [key, tensor] : constants_) {
    inside += tensor.bytes();
  }
  std::optional<DataFile> data;
  if (inside > most_inside) {
    files.data = path + ".data";
    PLUMB_ASSIGN_OR_RETURN(DataFile created, DataFile::Create(files.data));
    data.emplace(std::move(created));
  }
  for (const std::string& key : constant_order_) {
    const Tensor& tensor = constants_.at(key);
    onnx::TensorProto& out = *graph.add_initializer();
    out.set_name(key);
    out.set_data_type(OnnxElementType(tensor.dtype()));
    out.mutable_dims()->Add(tensor.shape().begin(), tensor.shape().end());
    if (data.has_value() && tensor.bytes() > kShared) {
      PLUMB_RETURN_IF_ERROR(data->Append(tensor, out));
    } else {
      out.set_raw_data(RawBytes(tensor));
    }
  }
  files.model_bytes = model.ByteSizeLong();
  if (files.model_bytes > kMostOfAMessage) {
    return ResourceError("'", path, "' would take ", files.model_bytes,
                         " bytes without the weights; an ONNX file holds at most ",
                         kMostOfAMessage);
  }
  std::string bytes;
  PLUMB_CHECK(model.SerializeToString(&bytes)) << "an ONNX model that does not serialize";
  PLUMB_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  PLUMB_RETURN_IF_ERROR(file.Write(bytes));
  if (data.has_value()) {
    files.data_bytes = data->size();
    PLUMB_RETURN_IF_ERROR(data->Commit());
  }
  PLUMB_RETURN_IF_ERROR(file.Commit());
  return files;
}

Status WriteTensorProto(const std::string& path, std::string_view name, const Tensor& tensor) {
  onnx::TensorProto proto;
  proto.set_name(std::string(name));
  proto.set_data_type(OnnxElementType(tensor.dtype()));
  proto.mutable_dims()->Add(tensor.shape().begin(), tensor.shape().end());
  proto.set_raw_data(RawBytes(tensor));
  std::string bytes;
  PLUMB_CHECK(proto.SerializeToString(&bytes)) << "a tensor that does not serialize";
  PLUMB_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  PLUMB_RETURN_IF_ERROR(file.Write(bytes));
  return file.Commit();
}

}  // namespace plumb::exporting
