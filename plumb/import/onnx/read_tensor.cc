#include "plumb/import/onnx/read_tensor.h"

#include <bit>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>

#include "onnx.pb.h"
#include "plumb/base/half.h"
#include "plumb/ops/import_rules.h"

namespace plumb::onnx {
namespace {

constexpr int kInt4 = 22;
constexpr int kUint4 = 21;

std::string Describe(const TensorProto& proto) { return StrCat("tensor '", proto.name(), "'"); }

Result<int64_t> CountElements(const TensorProto& proto) {
  int64_t count = 1;
  for (int64_t dim : proto.dims()) {
    if (dim < 0) {
      return InvalidModel(Describe(proto), ": dimension ", dim, "; expected 0 or more");
    }
    if (dim > 0 && count > (int64_t{1} << 40) / dim) {
      return InvalidModel(Describe(proto), ": more than 2^40 elements");
    }
    count *= dim;
  }
  return count;
}

Result<std::string> ReadExternal(const TensorProto& proto, const std::filesystem::path& base_dir,
                                 uint64_t expected) {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
  for (const StringStringEntryProto& entry : proto.external_data()) {
    if (entry.key() == "location") {
      location = entry.value();
    } else if (entry.key() == "offset" || entry.key() == "length") {
      uint64_t number = 0;
      const std::string& text = entry.value();
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size()) {
        return InvalidModel(Describe(proto), ": external data has ", entry.key(), " '", text,
                            "'; expected a number");
      }
      if (entry.key() == "offset") {
        offset = number;
      } else {
        length = number;
      }
    }
  }
  const std::filesystem::path relative = std::filesystem::path(location).lexically_normal();
  if (location.empty() || relative.is_absolute() || relative.begin() == relative.end() ||
      *relative.begin() == "..") {
    return InvalidModel(Describe(proto), ": external data at '", location,
                        "'; expected a file in the model's folder");
  }
  const std::filesystem::path path = base_dir / relative;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return InvalidModel(Describe(proto), ": external data file '", path.string(), "' is missing");
  }
  const uint64_t size = std::filesystem::file_size(path, error);
  if (error || offset > size || (length && *length != expected) || size - offset < expected) {
    return InvalidModel(Describe(proto), ": external data at offset ", offset, " of '",
                        path.string(), "' (", size, " bytes), length ",
                        length ? std::to_string(*length) : "not given", "; expected ", expected,
                        " bytes");
  }
  std::string bytes(expected, '\0');
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(expected));
  if (!file) {
    return EnvironmentError("cannot read '", path.string(), "'");
  }
  return bytes;
}

template <typename T, typename Field>
void Copy(const Field& field, Tensor& out) {
  const auto to = out.values<T>();
  for (size_t i = 0; i < to.size(); ++i) {
    to[i] = static_cast<T>(field.Get(static_cast<int>(i)));
  }
}

// 16-bit floats have no element type in C++: their bits.
template <typename Field>
void CopyBits16(const Field& field, Tensor& out) {
  auto* to = static_cast<uint16_t*>(out.raw());
  for (int i = 0; i < field.size(); ++i) {
    to[i] = static_cast<uint16_t>(field.Get(i));
  }
}

// How many entries the typed field of the element type has.
int64_t TypedCount(const TensorProto& proto, DType type) {
  switch (type) {
    case DType::kF32:
      return proto.float_data_size();
    case DType::kF64:
      return proto.double_data_size();
    case DType::kS64:
      return proto.int64_data_size();
    case DType::kU32:
    case DType::kU64:
      return proto.uint64_data_size();
    default:
      return proto.int32_data_size();
  }
}

void CopyTyped(const TensorProto& proto, Tensor& out) {
  switch (out.dtype()) {
    case DType::kF32:
      return Copy<float>(proto.float_data(), out);
    case DType::kF64:
      return Copy<double>(proto.double_data(), out);
    case DType::kS64:
      return Copy<int64_t>(proto.int64_data(), out);
    case DType::kU64:
      return Copy<uint64_t>(proto.uint64_data(), out);
    case DType::kU32:
      return Copy<uint32_t>(proto.uint64_data(), out);
    case DType::kS32:
      return Copy<int32_t>(proto.int32_data(), out);
    case DType::kS16:
      return Copy<int16_t>(proto.int32_data(), out);
    case DType::kU16:
      return Copy<uint16_t>(proto.int32_data(), out);
    case DType::kS8:
      return Copy<int8_t>(proto.int32_data(), out);
    case DType::kU8:
      return Copy<uint8_t>(proto.int32_data(), out);
    case DType::kF16:
    case DType::kBF16:
      return CopyBits16(proto.int32_data(), out);
    default:
      return;
  }
}

// Truth values are bytes 0 and 1 with us, whatever other byte a file holds.
void NormalizeBools(Tensor& tensor) {
  if (tensor.dtype() == DType::kBool) {
    auto* bytes = static_cast<uint8_t*>(tensor.raw());
    for (size_t i = 0; i < tensor.bytes(); ++i) {
      bytes[i] = bytes[i] != 0;
    }
  }
}

// Two elements a byte, the lower half first.
Result<Tensor> Unpack4(const TensorProto& proto, Shape shape, int64_t count,
                       const std::string& raw) {
  const bool is_signed = proto.data_type() == kInt4;
  Tensor out(is_signed ? DType::kS8 : DType::kU8, std::move(shape));
  auto* to = static_cast<uint8_t*>(out.raw());
  for (int64_t i = 0; i < count; ++i) {
    const auto byte = static_cast<uint8_t>(raw[static_cast<size_t>(i / 2)]);
    const auto nibble = static_cast<uint8_t>(i % 2 == 0 ? byte & 15 : byte >> 4);
    to[i] = is_signed && nibble >= 8 ? static_cast<uint8_t>(nibble | 0xf0) : nibble;
  }
  return out;
}

}  // namespace

Result<Tensor> ReadTensor(const TensorProto& proto, const std::filesystem::path& base_dir) {
  const DType type = ops::DTypeFromOnnx(proto.data_type());
  if (type == DType::kNone) {
    return InvalidModel(Describe(proto), " has ONNX element type ", proto.data_type(),
                        proto.data_type() == 8 ? " (string)" : "", ", which is not supported");
  }
  PLUMB_ASSIGN_OR_RETURN(const int64_t count, CountElements(proto));
  Shape shape(proto.dims().begin(), proto.dims().end());
  const bool packed4 = proto.data_type() == kInt4 || proto.data_type() == kUint4;
  const uint64_t bytes = packed4 ? static_cast<uint64_t>(count + 1) / 2
                                 : static_cast<uint64_t>(count) * DTypeSize(type);
  std::string external;
  const std::string* raw = nullptr;
  if (proto.data_location() == 1) {
    PLUMB_ASSIGN_OR_RETURN(external, ReadExternal(proto, base_dir, bytes));
    raw = &external;
  } else if (proto.has_raw_data()) {
    raw = &proto.raw_data();
  }
  if (raw != nullptr) {
    if (raw->size() != bytes) {
      return InvalidModel(Describe(proto), " of shape ", ShapeToString(shape), " holds ",
                          raw->size(), " bytes; expected ", bytes);
    }
    if (packed4) {
      return Unpack4(proto, std::move(shape), count, *raw);
    }
    Tensor out(type, std::move(shape));
    if (bytes > 0) {
      std::memcpy(out.raw(), raw->data(), bytes);
    }
    NormalizeBools(out);
    return out;
  }
  const int64_t typed = TypedCount(proto, type);
  if (typed != (packed4 ? (count + 1) / 2 : count)) {
    return InvalidModel(Describe(proto), " of shape ", ShapeToString(shape), " holds ", typed,
                        " elements; expected ", packed4 ? (count + 1) / 2 : count);
  }
  if (packed4) {
    std::string packed;
    for (int32_t byte : proto.int32_data()) {
      packed.push_back(static_cast<char>(byte));
    }
    return Unpack4(proto, std::move(shape), count, packed);
  }
  Tensor out(type, std::move(shape));
  if (type == DType::kBool) {
    auto* to = static_cast<uint8_t*>(out.raw());
    for (int i = 0; i < proto.int32_data_size(); ++i) {
      to[i] = proto.int32_data(i) != 0;
    }
    return out;
  }
  CopyTyped(proto, out);
  return out;
}

Tensor Widened(Tensor tensor) {
  const DType type = tensor.dtype();
  if (!IsFloat(type) || type == DType::kF32) {
    return tensor;
  }
  Tensor out(DType::kF32, tensor.shape());
  const std::span<float> to = out.values<float>();
  for (size_t i = 0; i < to.size(); ++i) {
    if (type == DType::kF64) {
      to[i] = static_cast<float>(tensor.values<double>()[i]);
    } else {
      const uint16_t bits = static_cast<const uint16_t*>(tensor.raw())[i];
      to[i] = type == DType::kF16 ? HalfToFloat(bits)
                                  : std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
    }
  }
  return out;
}

Result<std::string> ReadFile(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return EnvironmentError("cannot read '", path.string(), "': ",
                            std::filesystem::exists(path, error) ? "not a file" : "no such file");
  }
  const uint64_t size = std::filesystem::file_size(path, error);
  if (error || size > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
    return InvalidModel("'", path.string(), "' has ", size,
                        " bytes; expected less than 2 GiB (larger models keep their weights as ",
                        "external data)");
  }
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  if (!file) {
    return EnvironmentError("cannot read '", path.string(), "'");
  }
  return bytes;
}

}  // namespace plumb::onnx
