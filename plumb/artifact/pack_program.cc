#include "plumb/artifact/packer.h"
#include "plumb/artifact/schema_generated.h"

namespace plumb::artifact {
namespace {

// The alternatives of Attribute, in order; stored.
enum class Kind : uint8_t { kInt = 0, kFloat = 1, kText = 2, kInts = 3, kFloats = 4, kTexts = 5 };

flatbuffers::Offset<fb::Attribute> PackAttribute(Packer& packer, const std::string& name,
                                                 const Attribute& value) {
  const auto stored_name = packer.Text(name);
  flatbuffers::Offset<flatbuffers::String> text;
  flatbuffers::Offset<flatbuffers::Vector<int64_t>> ints;
  flatbuffers::Offset<flatbuffers::Vector<float>> floats;
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>> texts;
  if (const auto* v = std::get_if<std::string>(&value)) {
    text = packer.Text(*v);
  } else if (const auto* v = std::get_if<std::vector<int64_t>>(&value)) {
    ints = packer.Numbers(*v);
  } else if (const auto* v = std::get_if<std::vector<float>>(&value)) {
    floats = packer.Numbers(*v);
  } else if (const auto* v = std::get_if<std::vector<std::string>>(&value)) {
    texts = packer.Texts(*v);
  }
  const auto* int_value = std::get_if<int64_t>(&value);
  const auto* float_value = std::get_if<float>(&value);
  return fb::CreateAttribute(packer.builder(), stored_name, static_cast<uint8_t>(value.index()),
                             int_value != nullptr ? *int_value : 0,
                             float_value != nullptr ? *float_value : 0.0F, text, ints, floats,
                             texts);
}

Result<Attribute> UnpackAttribute(Unpacker& unpacker, const fb::Attribute& from) {
  switch (static_cast<Kind>(from.kind())) {
    case Kind::kInt:
      return Attribute(from.int_value());
    case Kind::kFloat:
      return Attribute(from.float_value());
    case Kind::kText:
      return Attribute(unpacker.Text(from.text()));
    case Kind::kInts:
      return Attribute(unpacker.Numbers(from.ints()));
    case Kind::kFloats:
      return Attribute(unpacker.Numbers(from.floats()));
    case Kind::kTexts:
      return Attribute(unpacker.Texts(from.texts()));
  }
  return InvalidModel("an attribute of unknown kind ", static_cast<int>(from.kind()));
}

auto PackTensor(Packer& packer, const TensorInfo& info) {
  const auto name = packer.Text(info.name);
  const auto shape = packer.Numbers(info.shape);
  const auto scale = packer.Numbers(info.quantization.scale);
  const auto zero_point = packer.Numbers(info.quantization.zero_point);
  return fb::CreateTensor(packer.builder(), name, static_cast<uint8_t>(info.dtype), shape, scale,
                          zero_point, info.quantization.axis, info.constant);
}

auto PackRecord(Packer& packer, const Record& record) {
  const auto op = packer.Text(record.op);
  const auto name = packer.Text(record.name);
  const auto inputs = packer.Numbers(record.inputs);
  const auto outputs = packer.Numbers(record.outputs);
  const auto attributes = packer.Tables(record.attributes, [&](const auto& item) {
    return PackAttribute(packer, item.first, item.second);
  });
  return fb::CreateRecord(packer.builder(), op, record.version, name, inputs, outputs, attributes);
}

auto PackPort(Packer& packer, const Port& port) {
  const auto name = packer.Text(port.name);
  return fb::CreatePort(packer.builder(), name, port.tensor, static_cast<uint8_t>(port.dtype));
}

Status UnpackRecord(Unpacker& unpacker, const fb::Record& from, Record& record) {
  record.op = unpacker.Text(from.op());
  record.version = from.version();
  record.name = unpacker.Text(from.name());
  record.inputs = unpacker.Numbers(from.inputs());
  record.outputs = unpacker.Numbers(from.outputs());
  Status status;
  unpacker.Each(from.attributes(), [&](const fb::Attribute& attribute) {
    const std::string name = unpacker.Text(attribute.name());
    auto value = UnpackAttribute(unpacker, attribute);
    if (!value.ok()) {
      status = value.status();
    } else if (record.attributes.size() > 0 && std::prev(record.attributes.end())->first >= name) {
      status = InvalidModel("attribute '", name, "' of record '", record.name, "' is out of order");
    } else {
      record.attributes.Set(name, std::move(*value));
    }
  });
  return status;
}

std::vector<Port> UnpackPorts(Unpacker& unpacker,
                              const flatbuffers::Vector<flatbuffers::Offset<fb::Port>>* from) {
  std::vector<Port> ports;
  unpacker.Each(from, [&](const fb::Port& port) {
    ports.push_back({unpacker.Text(port.name()), port.tensor(), static_cast<DType>(port.dtype())});
  });
  return ports;
}

}  // namespace

Bytes PackProgram(const Program& program, std::span<const BlobPlace> blobs) {
  Packer packer;
  std::vector<fb::Blob> places;
  for (const BlobPlace& place : blobs) {
    places.emplace_back(place.offset, place.size);
  }
  const auto name = packer.Text(program.name);
  const auto tensors =
      packer.Tables(program.tensors, [&](const TensorInfo& t) { return PackTensor(packer, t); });
  const auto constants = packer.builder().CreateVectorOfStructs(places);
  const auto records =
      packer.Tables(program.records, [&](const Record& r) { return PackRecord(packer, r); });
  const auto inputs =
      packer.Tables(program.inputs, [&](const Port& p) { return PackPort(packer, p); });
  const auto outputs =
      packer.Tables(program.outputs, [&](const Port& p) { return PackPort(packer, p); });
  return packer.Finish(fb::CreateProgram(packer.builder(), name, tensors, constants, records,
                                         inputs, outputs, program.symbolic_batch));
}

Result<UnpackedProgram> UnpackProgram(std::span<const std::byte> section) {
  Unpacker unpacker(section);
  const auto* root = unpacker.Root<fb::Program>();
  if (root == nullptr) {
    return InvalidModel("damaged artifact: the section is no program");
  }
  UnpackedProgram result;
  Program& program = result.program;
  program.name = unpacker.Text(root->name());
  unpacker.Each(root->tensors(), [&](const fb::Tensor& from) {
    TensorInfo& info = program.tensors.emplace_back();
    info.name = unpacker.Text(from.name());
    info.dtype = static_cast<DType>(from.dtype());
    info.shape = unpacker.Numbers(from.shape());
    info.quantization = {unpacker.Numbers(from.scale()), unpacker.Numbers(from.zero_point()),
                         from.axis()};
    info.constant = from.constant();
  });
  if (root->constants() != nullptr) {
    for (const fb::Blob* blob : *root->constants()) {
      result.blobs.push_back({blob->offset(), blob->size()});
    }
  }
  Status status;
  unpacker.Each(root->records(), [&](const fb::Record& from) {
    if (Status s = UnpackRecord(unpacker, from, program.records.emplace_back()); !s.ok()) {
      status = s;
    }
  });
  program.inputs = UnpackPorts(unpacker, root->inputs());
  program.outputs = UnpackPorts(unpacker, root->outputs());
  program.symbolic_batch = root->symbolic_batch();
  if (unpacker.overdrawn()) {
    return InvalidModel("damaged artifact: the program's parts overlap");
  }
  return status.ok() ? Result<UnpackedProgram>(std::move(result))
                     : status.WithContext("damaged artifact");
}

}  // namespace plumb::artifact
