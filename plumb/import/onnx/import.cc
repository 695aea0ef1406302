#include "plumb/import/onnx/import.h"

#include <google/protobuf/io/coded_stream.h>

#include <limits>

#include "onnx.pb.h"
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

}  // namespace

Result<ImportedModel> ImportOnnxBytes(std::span<const std::byte> bytes,
                                      const std::filesystem::path& base_dir,
                                      const ImportOptions& options) {
  if (bytes.empty()) {
    return InvalidModel("the file is empty; expected an ONNX model");
  }
  ModelProto model;
  if (!Parse(bytes, model)) {
    return InvalidModel("the file is no ONNX model, or it is truncated or damaged (", bytes.size(),
                        " bytes)");
  }
  return GraphImporter(model, base_dir, options).Import();
}

Result<ImportedModel> ImportOnnx(std::string_view path, const ImportOptions& options) {
  const std::filesystem::path file(path);
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file));
  Result<ImportedModel> model =
      ImportOnnxBytes(std::as_bytes(std::span(bytes)), file.parent_path(), options);
  return model.ok() ? std::move(model) : Result<ImportedModel>(model.status().WithContext(path));
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
