// Hashes of what golden vectors were made with. format.md states which bytes are hashed.
#include <bit>
#include <cstring>
#include <string_view>

#include "plumb/artifact/golden.h"
#include "plumb/base/half.h"
#include "plumb/base/hash.h"

namespace plumb::artifact {
namespace {

class Bytes {
 public:
  template <typename T>
  void Number(T value) {
    const auto* from = reinterpret_cast<const std::byte*>(&value);  // little-endian: base/hash.cc
    bytes_.insert(bytes_.end(), from, from + sizeof(T));
  }
  void Text(std::string_view text) {
    Number(static_cast<uint32_t>(text.size()));
    for (char c : text) {
      bytes_.push_back(static_cast<std::byte>(c));
    }
  }
  template <typename T>
  void Numbers(const std::vector<T>& values) {
    Number(static_cast<uint32_t>(values.size()));
    for (T value : values) {
      Number(value);
    }
  }
  template <typename E>
  void Enum(E value) {
    Number(static_cast<uint8_t>(value));
  }
  [[nodiscard]] uint64_t Hash() const { return Hash64(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

void Add(Bytes& bytes, const Attribute& attribute) {
  bytes.Number(static_cast<uint8_t>(attribute.index()));
  if (const auto* v = std::get_if<int64_t>(&attribute)) {
    bytes.Number(*v);
  } else if (const auto* v = std::get_if<float>(&attribute)) {
    bytes.Number(*v);
  } else if (const auto* v = std::get_if<std::string>(&attribute)) {
    bytes.Text(*v);
  } else if (const auto* v = std::get_if<std::vector<int64_t>>(&attribute)) {
    bytes.Numbers(*v);
  } else if (const auto* v = std::get_if<std::vector<float>>(&attribute)) {
    bytes.Numbers(*v);
  } else if (const auto* v = std::get_if<std::vector<std::string>>(&attribute)) {
    bytes.Number(static_cast<uint32_t>(v->size()));
    for (const std::string& text : *v) {
      bytes.Text(text);
    }
  }
}

void Add(Bytes& bytes, const Program& program, const std::vector<int32_t>& tensors) {
  bytes.Number(static_cast<uint32_t>(tensors.size()));
  for (int32_t t : tensors) {
    bytes.Number(static_cast<uint8_t>(t >= 0 ? 1 : 0));
    if (t < 0) {
      continue;
    }
    const TensorInfo& info = program.tensors[static_cast<size_t>(t)];
    bytes.Enum(info.dtype);
    bytes.Numbers(info.shape);
    bytes.Number(static_cast<int32_t>(info.quantization.axis));
    bytes.Numbers(info.quantization.scale);
    bytes.Numbers(info.quantization.zero_point);
    bytes.Number(static_cast<uint8_t>(info.constant >= 0 ? 1 : 0));
    if (info.constant >= 0) {
      const Constant& constant = program.constants[static_cast<size_t>(info.constant)];
      bytes.Number(Hash64({static_cast<const std::byte*>(constant.data), constant.bytes}));
    }
  }
}

// SplitMix64.
class Noise {
 public:
  explicit Noise(uint64_t seed) : state_(seed) {}
  uint64_t Bits() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  template <typename T>
  void Integers(const GoldenInput& input, TensorView tensor) {
    T* const to = static_cast<T*>(tensor.raw);
    const auto low = static_cast<int64_t>(input.low), high = static_cast<int64_t>(input.high);
    const uint64_t count = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
    for (int64_t i = 0, n = tensor.size(); i < n; ++i) {
      to[i] = static_cast<T>(static_cast<uint64_t>(low) + Bits() % count);
    }
  }
  template <typename T, typename Store>
  void Reals(const GoldenInput& input, int64_t n, const Store& store) {
    const T low = static_cast<T>(input.low), width = static_cast<T>(input.high) - low;
    for (int64_t i = 0; i < n; ++i) {
      const T unit = static_cast<T>(Bits() >> 40) * static_cast<T>(0x1p-24);
      const T product = width * unit;
      store(i, low + product);
    }
  }

 private:
  uint64_t state_;
};

}  // namespace

uint64_t DefinitionHash(const Program& program, size_t record) {
  const Record& r = program.records[record];
  Bytes bytes;
  bytes.Text(r.op);
  bytes.Number(r.version);
  bytes.Number(static_cast<uint32_t>(r.attributes.size()));
  for (const auto& [name, value] : r.attributes) {
    bytes.Text(name);
    Add(bytes, value);
  }
  Add(bytes, program, r.inputs);
  Add(bytes, program, r.outputs);
  return bytes.Hash();
}

uint64_t ContractsHash(const IoContract& io, const DecodeContract& decode) {
  Bytes bytes;
  bytes.Number(static_cast<uint32_t>(io.pictures.size()));
  for (const PictureInput& p : io.pictures) {
    bytes.Number(p.input), bytes.Number(p.width), bytes.Number(p.height);
    bytes.Enum(p.layout), bytes.Enum(p.color);
    bytes.Numbers(p.mean), bytes.Numbers(p.std);
    bytes.Enum(p.resize);
    bytes.Number(p.pad), bytes.Number(p.crop_short);
  }
  bytes.Enum(decode.family);
  bytes.Number(static_cast<uint32_t>(decode.outputs.size()));
  for (const DecodeOutput& o : decode.outputs) {
    bytes.Number(o.output);
    bytes.Enum(o.role), bytes.Enum(o.layout);
    bytes.Number(o.stride);
    bytes.Numbers(o.anchors);
  }
  bytes.Number(decode.classes);
  bytes.Number(static_cast<uint8_t>(decode.boxes_decoded));
  bytes.Number(static_cast<uint8_t>(decode.scores_activated));
  bytes.Number(decode.reg_max);
  bytes.Numbers(decode.strides);
  bytes.Number(decode.score_threshold), bytes.Number(decode.iou_threshold);
  bytes.Number(static_cast<uint8_t>(decode.class_agnostic_nms));
  bytes.Number(decode.max_detections);
  bytes.Number(static_cast<uint32_t>(decode.labels.size()));
  for (const std::string& label : decode.labels) {
    bytes.Text(label);
  }
  return bytes.Hash();
}

void FillNoise(const GoldenInput& input, TensorView tensor) {
  Noise noise(input.seed);
  const int64_t n = tensor.size();
  switch (tensor.dtype) {
    case DType::kF32:
      noise.Reals<float>(input, n, [to = tensor.data<float>()](int64_t i, float v) { to[i] = v; });
      return;
    case DType::kF64:
      noise.Reals<double>(input, n,
                          [to = tensor.data<double>()](int64_t i, double v) { to[i] = v; });
      return;
    case DType::kF16:
    case DType::kBF16:
      noise.Reals<float>(
          input, n,
          [to = static_cast<uint16_t*>(tensor.raw), half = tensor.dtype == DType::kF16](
              int64_t i, float v) { to[i] = half ? FloatToHalf(v) : FloatToBFloat16(v); });
      return;
    case DType::kS8:
      return noise.Integers<int8_t>(input, tensor);
    case DType::kU8:
    case DType::kBool:
      return noise.Integers<uint8_t>(input, tensor);
    case DType::kS16:
      return noise.Integers<int16_t>(input, tensor);
    case DType::kU16:
      return noise.Integers<uint16_t>(input, tensor);
    case DType::kS32:
      return noise.Integers<int32_t>(input, tensor);
    case DType::kU32:
      return noise.Integers<uint32_t>(input, tensor);
    case DType::kS64:
      return noise.Integers<int64_t>(input, tensor);
    case DType::kU64:
      return noise.Integers<uint64_t>(input, tensor);
    case DType::kNone:
      return;
  }
}

}  // namespace plumb::artifact
