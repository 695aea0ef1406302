// Element types of tensors, in every stage from import to runtime.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace plumb {

// Values are stored in artifacts: never renumber.
enum class DType : uint8_t {
  kNone = 0,
  kF32 = 1,
  kF16 = 2,
  kBF16 = 3,
  kF64 = 4,
  kS8 = 5,
  kU8 = 6,
  kS16 = 7,
  kU16 = 8,
  kS32 = 9,
  kU32 = 10,
  kS64 = 11,
  kU64 = 12,
  kBool = 13,  // one byte, 0 or 1
};

[[nodiscard]] size_t DTypeSize(DType type);            // bytes of one element
[[nodiscard]] std::string_view DTypeName(DType type);  // "f32", "s8", ...
[[nodiscard]] std::optional<DType> DTypeFromName(std::string_view name);
[[nodiscard]] bool IsFloat(DType type);        // f32, f16, bf16, f64
[[nodiscard]] bool IsValidDType(uint8_t raw);  // true for a stored value other than kNone

template <typename T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::kF32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::kF64;
};
template <>
struct DTypeOf<int8_t> {
  static constexpr DType value = DType::kS8;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::kU8;
};
template <>
struct DTypeOf<int16_t> {
  static constexpr DType value = DType::kS16;
};
template <>
struct DTypeOf<uint16_t> {
  static constexpr DType value = DType::kU16;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::kS32;
};
template <>
struct DTypeOf<uint32_t> {
  static constexpr DType value = DType::kU32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::kS64;
};
template <>
struct DTypeOf<uint64_t> {
  static constexpr DType value = DType::kU64;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::kBool;
};

}  // namespace plumb
