#include "plumb/kernels/elementwise/quantize_linear.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <type_traits>

#include "plumb/kernels/common/nest.h"
#include "plumb/numerics/requantize.h"

namespace plumb::kernels {
namespace {

template <typename T>
T QuantizeOne(float x, float scale, T zero_point) {
  constexpr auto kLow = std::numeric_limits<T>::min();
  constexpr auto kHigh = std::numeric_limits<T>::max();
  if constexpr (sizeof(T) < 4) {
    return static_cast<T>(numerics::Quantize(x, scale, zero_point, kLow, kHigh));
  } else {
    // Wider than numerics::RoundTiesToEven reaches: the same in binary64.
    const auto scaled = static_cast<double>(x / scale);
    if (scaled != scaled) {
      return zero_point;
    }
    const double low = static_cast<double>(kLow) - zero_point;
    const double high = static_cast<double>(kHigh) - zero_point;
    constexpr double kMagic = 6755399441055744.0;  // 1.5 * 2^52
    const double clamped = scaled < low ? low : (scaled > high ? high : scaled);
    return static_cast<T>(static_cast<int64_t>((clamped + kMagic) - kMagic) + zero_point);
  }
}

template <typename T>
float DequantizeOne(T x, float scale, T zero_point) {
  if constexpr (sizeof(T) < 4) {
    return numerics::Dequantize(x, scale, zero_point);
  } else {
    return static_cast<float>(static_cast<int64_t>(x) - zero_point) * scale;
  }
}

// Calls run(element offset, entry of scale, count, channels side by side?) for pieces of the
// tensor.
template <typename F>
void ForEachRun(const LinearPlan& plan, ThreadPool& pool, const F& run) {
  if (plan.outer * plan.size == 1) {
    auto part = [&](int64_t begin, int64_t end, int) { run(begin, 0, end - begin, false); };
    pool.ParallelFor(plan.inner, kElementsPerPart, std::ref(part));
    return;
  }
  const bool side_by_side = plan.inner == 1;
  const int64_t count = side_by_side ? plan.size : plan.inner;
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      run(row * count, side_by_side ? 0 : row % plan.size, count, side_by_side);
    }
  };
  pool.ParallelFor(side_by_side ? plan.outer : plan.outer * plan.size,
                   std::max<int64_t>(1, kElementsPerPart / std::max<int64_t>(1, count)),
                   std::ref(part));
}

template <typename T>
void QuantizeLinear(const LinearPlan& plan, const float* x, const float* scale,
                    const void* zero_point, void* y, ThreadPool& pool) {
  const T* zero = static_cast<const T*>(zero_point);
  T* out = static_cast<T*>(y);
  ForEachRun(plan, pool, [&](int64_t at, int64_t entry, int64_t count, bool side_by_side) {
    if (side_by_side) {
      for (int64_t i = 0; i < count; ++i) {
        out[at + i] = QuantizeOne<T>(x[at + i], scale[i], zero == nullptr ? T{0} : zero[i]);
      }
    } else {
      const float s = scale[entry];
      const T z = zero == nullptr ? T{0} : zero[entry];
      for (int64_t i = 0; i < count; ++i) {
        out[at + i] = QuantizeOne<T>(x[at + i], s, z);
      }
    }
  });
}

template <typename T>
void DequantizeLinear(const LinearPlan& plan, const void* x, const float* scale,
                      const void* zero_point, float* y, ThreadPool& pool) {
  const T* zero = static_cast<const T*>(zero_point);
  const T* in = static_cast<const T*>(x);
  ForEachRun(plan, pool, [&](int64_t at, int64_t entry, int64_t count, bool side_by_side) {
    if (side_by_side) {
      for (int64_t i = 0; i < count; ++i) {
        y[at + i] = DequantizeOne<T>(in[at + i], scale[i], zero == nullptr ? T{0} : zero[i]);
      }
    } else {
      const float s = scale[entry];
      const T z = zero == nullptr ? T{0} : zero[entry];
      for (int64_t i = 0; i < count; ++i) {
        y[at + i] = DequantizeOne<T>(in[at + i], s, z);
      }
    }
  });
}

}  // namespace

QuantizeLinearFunction FindQuantizeLinear(DType output) {
  switch (output) {
    case DType::kS8:
      return &QuantizeLinear<int8_t>;
    case DType::kU8:
      return &QuantizeLinear<uint8_t>;
    case DType::kS16:
      return &QuantizeLinear<int16_t>;
    case DType::kU16:
      return &QuantizeLinear<uint16_t>;
    case DType::kS32:
      return &QuantizeLinear<int32_t>;
    default:
      return nullptr;
  }
}

DequantizeLinearFunction FindDequantizeLinear(DType input) {
  switch (input) {
    case DType::kS8:
      return &DequantizeLinear<int8_t>;
    case DType::kU8:
      return &DequantizeLinear<uint8_t>;
    case DType::kS16:
      return &DequantizeLinear<int16_t>;
    case DType::kU16:
      return &DequantizeLinear<uint16_t>;
    case DType::kS32:
      return &DequantizeLinear<int32_t>;
    default:
      return nullptr;
  }
}

}  // namespace plumb::kernels
