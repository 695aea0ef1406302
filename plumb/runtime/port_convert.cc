#include "plumb/runtime/port_convert.h"

#include <cstring>
#include <limits>

#include "plumb/base/half.h"
#include "plumb/numerics/requantize.h"

namespace plumb::runtime {
namespace {

using artifact::TensorInfo;

// Element i of a tensor of a float type, as binary32.
float ReadFloat(DType type, const void* from, size_t i) {
  switch (type) {
    case DType::kF16:
      return HalfToFloat(static_cast<const uint16_t*>(from)[i]);
    case DType::kBF16:
      return BFloat16ToFloat(static_cast<const uint16_t*>(from)[i]);
    case DType::kF64:
      return static_cast<float>(static_cast<const double*>(from)[i]);
    default:
      return static_cast<const float*>(from)[i];
  }
}

void WriteFloat(DType type, float value, void* to, size_t i) {
  switch (type) {
    case DType::kF16:
      static_cast<uint16_t*>(to)[i] = FloatToHalf(value);
      break;
    case DType::kBF16:
      static_cast<uint16_t*>(to)[i] = FloatToBFloat16(value);
      break;
    case DType::kF64:
      static_cast<double*>(to)[i] = value;
      break;
    default:
      static_cast<float*>(to)[i] = value;
      break;
  }
}

// The index of the scale that element i uses.
class ChannelOf {
 public:
  explicit ChannelOf(const TensorInfo& info) {
    if (info.quantization.per_channel()) {
      const auto axis = static_cast<size_t>(info.quantization.axis);
      channels_ = static_cast<size_t>(info.shape[axis]);
      inner_ = static_cast<size_t>(NumElements(std::span(info.shape).subspan(axis + 1)));
    }
  }
  size_t operator()(size_t i) const { return i / inner_ % channels_; }

 private:
  size_t channels_ = 1;
  size_t inner_ = 1;
};

template <typename T>
void QuantizeAll(const TensorInfo& info, DType user, const void* from, void* to, size_t count) {
  constexpr auto low = static_cast<int32_t>(std::numeric_limits<T>::min());
  constexpr auto high = static_cast<int32_t>(std::numeric_limits<T>::max());
  const ChannelOf channel_of(info);
  const Quantization& grid = info.quantization;
  for (size_t i = 0; i < count; ++i) {
    const size_t c = channel_of(i);
    const float real = ReadFloat(user, from, i);
    static_cast<T*>(to)[i] =
        static_cast<T>(numerics::Quantize(real, grid.scale[c], grid.zero_point[c], low, high));
  }
}

template <typename T>
void DequantizeAll(const TensorInfo& info, DType user, const void* from, void* to, size_t count) {
  const ChannelOf channel_of(info);
  const Quantization& grid = info.quantization;
  for (size_t i = 0; i < count; ++i) {
    const size_t c = channel_of(i);
    // Zero points of 32-bit tensors may be far from 0: the difference in 64 bits, then one
    // rounding.
    const int64_t steps = int64_t{static_cast<const T*>(from)[i]} - grid.zero_point[c];
    WriteFloat(user, static_cast<float>(steps) * grid.scale[c], to, i);
  }
}

bool HasGrid(const TensorInfo& info) { return !IsFloat(info.dtype) && !info.quantization.empty(); }

}  // namespace

DType OutputType(const TensorInfo& info, const artifact::Port& port, bool raw) {
  return raw && HasGrid(info) ? info.dtype : port.dtype;
}

bool CanConvert(const TensorInfo& info, DType user) {
  if (info.dtype == user || (IsFloat(user) && info.dtype == DType::kF32)) {
    return true;
  }
  const bool small = info.dtype == DType::kS8 || info.dtype == DType::kU8 ||
                     info.dtype == DType::kS16 || info.dtype == DType::kU16;
  return IsFloat(user) && HasGrid(info) && small;
}

void FromUser(const TensorInfo& info, DType user, const void* from, void* to) {
  const auto count = static_cast<size_t>(NumElements(info.shape));
  if (info.dtype == DType::kBool) {
    for (size_t i = 0; i < count; ++i) {
      static_cast<uint8_t*>(to)[i] = static_cast<const uint8_t*>(from)[i] != 0;
    }
  } else if (info.dtype == user) {
    if (count > 0) {
      std::memcpy(to, from, count * DTypeSize(user));
    }
  } else if (info.dtype == DType::kF32) {
    for (size_t i = 0; i < count; ++i) {
      static_cast<float*>(to)[i] = ReadFloat(user, from, i);
    }
  } else {
    switch (info.dtype) {
      case DType::kS8:
        return QuantizeAll<int8_t>(info, user, from, to, count);
      case DType::kU8:
        return QuantizeAll<uint8_t>(info, user, from, to, count);
      case DType::kS16:
        return QuantizeAll<int16_t>(info, user, from, to, count);
      case DType::kU16:
        return QuantizeAll<uint16_t>(info, user, from, to, count);
      default:
        PLUMB_CHECK(false) << DTypeName(user) << " to " << DTypeName(info.dtype);
    }
  }
}

void ToUser(const TensorInfo& info, DType user, const void* from, void* to) {
  const auto count = static_cast<size_t>(NumElements(info.shape));
  if (info.dtype == user) {
    if (count > 0) {
      std::memcpy(to, from, count * DTypeSize(user));
    }
  } else if (info.dtype == DType::kF32) {
    for (size_t i = 0; i < count; ++i) {
      WriteFloat(user, static_cast<const float*>(from)[i], to, i);
    }
  } else {
    switch (info.dtype) {
      case DType::kS8:
        return DequantizeAll<int8_t>(info, user, from, to, count);
      case DType::kU8:
        return DequantizeAll<uint8_t>(info, user, from, to, count);
      case DType::kS16:
        return DequantizeAll<int16_t>(info, user, from, to, count);
      case DType::kU16:
        return DequantizeAll<uint16_t>(info, user, from, to, count);
      default:
        PLUMB_CHECK(false) << DTypeName(info.dtype) << " to " << DTypeName(user);
    }
  }
}

}  // namespace plumb::runtime
