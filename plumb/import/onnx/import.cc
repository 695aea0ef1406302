#include "plumb/import/onnx/import.h"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <limits>

#include "onnx.pb.h"
#include "plumb/import/onnx/cut.h"
#include "plumb/import/onnx/graph_importer.h"
#include "plumb/import/onnx/read_tensor.h"

namespace plumb::onnx {
namespace {

// Bounded in depth and length; false for bytes that are no such message.
template <typename Message>
bool Parse(std::span<const std::byte> bytes, Message& message) {
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return false;
  }
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(64);
  return message.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
}

// A model of another program: what its file begins with or is called, and what makes ONNX of it.
struct ForeignFormat {
  std::string_view magic;  // from `at` on; empty: known by its name
  size_t at;
  std::string_view ending;
  std::string_view what, exporter;
};
constexpr std::string_view kTorchExport = "torch.onnx.export", kTensorflowExport = "tf2onnx";
constexpr std::string_view kCaffeExport = "a Caffe-to-ONNX converter",
                           kDarknetExport = "a Darknet-to-ONNX converter";
constexpr ForeignFormat kForeignFormats[] = {
    {"TFL3", 4, "", "a TensorFlow Lite model", kTensorflowExport},
    {"PK\3\4", 0, ".pt", "a PyTorch archive", kTorchExport},
    {"PK\3\4", 0, ".pth", "a PyTorch archive", kTorchExport},
    {"\x89HDF", 0, "", "a Keras file (HDF5)", kTensorflowExport},
    {"", 0, ".pt", "a PyTorch file", kTorchExport},
    {"", 0, ".pth", "a PyTorch file", kTorchExport},
    {"", 0, ".pb", "a TensorFlow graph", kTensorflowExport},
    {"", 0, ".tflite", "a TensorFlow Lite model", kTensorflowExport},
    {"", 0, ".caffemodel", "a Caffe model", kCaffeExport},
    {"", 0, ".prototxt", "a Caffe network", kCaffeExport},
    {"", 0, ".cfg", "a Darknet network", kDarknetExport},
    {"", 0, ".weights", "a file of Darknet weights", kDarknetExport},
};

// What the file is instead of an ONNX model, or null.
const ForeignFormat* ForeignFormatOf(std::string_view path, std::string_view bytes) {
  if (ModelProto model; Parse(std::as_bytes(std::span(bytes)), model) && model.has_graph()) {
    return nullptr;
  }
  for (const ForeignFormat& format : kForeignFormats) {
    const bool begins = bytes.size() >= format.at + format.magic.size() &&
                        bytes.substr(format.at, format.magic.size()) == format.magic;
    if (begins && path.ends_with(format.ending)) {
      return &format;
    }
  }
  return nullptr;
}

// The model that `options` make of the file's, before it is imported. Shapes of inputs that the cut drops are taken from
// `shapes`.
Result<ModelProto> ReadModel(std::span<const std::byte> bytes,
                             const std::filesystem::path& base_dir, const ImportOptions& options,
                             std::map<std::string, Shape>& shapes) {
  if (bytes.empty()) {
    return InvalidModel("the file is empty; expected an ONNX model");
  }
  ModelProto model;
  if (!Parse(bytes, model)) {
    return InvalidModel("the file is no ONNX model, or it is truncated or damaged (", bytes.size(),
                        " bytes)");
  }
  if (options.cut.empty()) {
    return model;
  }
  if (!model.has_graph()) {
    return InvalidModel("the file holds no graph; expected an ONNX model");
  }
  PLUMB_RETURN_IF_ERROR(TypeInnerInputs(base_dir, options, model));
  std::vector<std::string> before;
  for (const ValueInfoProto& input : model.graph().input()) {
    before.push_back(input.name());
  }
  PLUMB_RETURN_IF_ERROR(ApplyCut(options.cut, model));
  for (const ValueInfoProto& input : model.graph().input()) {
    std::erase(before, input.name());
  }
  for (const std::string& dropped : before) {
    shapes.erase(dropped);
  }
  return model;
}

}  // namespace

Result<ImportedModel> ImportOnnxBytes(std::span<const std::byte> bytes,
                                      const std::filesystem::path& base_dir,
                                      const ImportOptions& options) {
  ImportOptions rest;
  rest.input_shapes = options.input_shapes;
  rest.other_shapes = options.other_shapes;
  PLUMB_ASSIGN_OR_RETURN(const ModelProto model,
                         ReadModel(bytes, base_dir, options, rest.input_shapes));
  return GraphImporter(model, base_dir, rest).Import();
}

Result<std::string> CutModelBytes(std::string_view path, const ImportOptions& options) {
  const std::filesystem::path file(path);
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file));
  std::map<std::string, Shape> shapes;
  PLUMB_ASSIGN_OR_RETURN(ModelProto model, ReadModel(std::as_bytes(std::span(bytes)),
                                                     file.parent_path(), options, shapes));
  for (TensorProto& proto : *model.mutable_graph()->mutable_initializer()) {
    if (proto.data_location() == 1) {
      PLUMB_ASSIGN_OR_RETURN(const Tensor tensor, ReadTensor(proto, file.parent_path()));
      proto.clear_external_data();
      proto.clear_data_location();
      proto.set_raw_data(tensor.raw(), tensor.bytes());
    }
  }
  std::string made;
  if (model.ByteSizeLong() > static_cast<size_t>(std::numeric_limits<int>::max()) ||
      !model.SerializeToString(&made)) {
    return ResourceError(path, ": the part is larger than an ONNX file of 2 GiB");
  }
  return made;
}

Result<ImportedModel> ImportOnnx(std::string_view path, const ImportOptions& options) {
  const std::filesystem::path file(path);
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file));
  Result<ImportedModel> model =
      ImportOnnxBytes(std::as_bytes(std::span(bytes)), file.parent_path(), options);
  if (model.ok()) {
    return model;
  }
  if (const ForeignFormat* format = ForeignFormatOf(path, bytes)) {
    return InvalidModel(path, ": ", format->what,
                        "; expected an ONNX model. Export it to ONNX first (", format->exporter,
                        ")");
  }
  return model.status().WithContext(path);
}

Result<std::vector<std::string>> InputNames(std::string_view path) {
  if (std::error_code ignored; !std::filesystem::is_regular_file(path, ignored)) {
    return UsageError("there is no file '", path, "'; expected a .onnx model");
  }
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(std::filesystem::path(path)));
  ModelProto model;
  if (!Parse(std::as_bytes(std::span(bytes)), model) || !model.has_graph()) {
    return InvalidModel(path, ": no ONNX model");
  }
  std::vector<std::string> names;
  for (const ValueInfoProto& input : model.graph().input()) {
    const auto& constants = model.graph().initializer();
    if (std::none_of(constants.begin(), constants.end(),
                     [&](const TensorProto& c) { return c.name() == input.name(); })) {
      names.push_back(input.name());
    }
  }
  return names;
}

Result<NamedTensor> ReadTensorProto(std::string_view path) {
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(std::filesystem::path(path)));
  TensorProto proto;
  if (!Parse(std::as_bytes(std::span(bytes)), proto) || !proto.has_data_type()) {
    return InvalidModel(path, ": no serialized ONNX tensor");
  }
  Result<Tensor> tensor = ReadTensor(proto, std::filesystem::path(path).parent_path());
  if (!tensor.ok()) {
    return tensor.status().WithContext(path);
  }
  return NamedTensor{proto.name(), std::move(*tensor)};
}

}  // namespace plumb::onnx
