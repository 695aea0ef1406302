#include "plumb/kernels/elementwise/cast.h"

#include <functional>
#include <limits>
#include <type_traits>

#include "plumb/base/half.h"
#include "plumb/kernels/common/nest.h"

namespace plumb::kernels {
namespace {

// Stored forms that are no C++ arithmetic type of their own.
struct Half {
  uint16_t bits;
};
struct BFloat {
  uint16_t bits;
};
struct Bool {
  uint8_t byte;
};

template <typename T>
auto Load(T x) {
  if constexpr (std::is_same_v<T, Half>) {
    return HalfToFloat(x.bits);
  } else if constexpr (std::is_same_v<T, BFloat>) {
    return BFloat16ToFloat(x.bits);
  } else if constexpr (std::is_same_v<T, Bool>) {
    return static_cast<uint8_t>(x.byte != 0);
  } else {
    return x;
  }
}

template <typename I, typename F>
I Truncate(F x) {
  constexpr F kLow = static_cast<F>(std::numeric_limits<I>::min());
  return x >= kLow && x < -kLow ? static_cast<I>(x) : std::numeric_limits<I>::min();
}

template <typename To, typename From>
To Convert(From x) {
  if constexpr (std::is_same_v<To, Half>) {
    return {FloatToHalf(static_cast<float>(x))};
  } else if constexpr (std::is_same_v<To, BFloat>) {
    return {FloatToBFloat16(static_cast<float>(x))};
  } else if constexpr (std::is_same_v<To, Bool>) {
    return {static_cast<uint8_t>(x != From{})};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if constexpr (std::is_same_v<To, uint64_t>) {
      return x >= From{9223372036854775808.0} && x < From{18446744073709551616.0}
                 ? static_cast<uint64_t>(x)
                 : static_cast<uint64_t>(Truncate<int64_t>(x));
    } else if constexpr (std::is_same_v<To, int64_t> || std::is_same_v<To, uint32_t>) {
      return static_cast<To>(Truncate<int64_t>(x));
    } else {
      return static_cast<To>(Truncate<int32_t>(x));
    }
  } else {
    return static_cast<To>(x);
  }
}

template <typename From, typename To>
void CastRun(const void* input, void* output, int64_t count) {
  const From* in = static_cast<const From*>(input);
  To* out = static_cast<To*>(output);
  for (int64_t i = 0; i < count; ++i) {
    out[i] = Convert<To>(Load(in[i]));
  }
}

template <typename From>
CastFunction FindTo(DType to) {
  switch (to) {
    case DType::kF32:
      return &CastRun<From, float>;
    case DType::kF16:
      return &CastRun<From, Half>;
    case DType::kBF16:
      return &CastRun<From, BFloat>;
    case DType::kF64:
      return &CastRun<From, double>;
    case DType::kS8:
      return &CastRun<From, int8_t>;
    case DType::kU8:
      return &CastRun<From, uint8_t>;
    case DType::kS16:
      return &CastRun<From, int16_t>;
    case DType::kU16:
      return &CastRun<From, uint16_t>;
    case DType::kS32:
      return &CastRun<From, int32_t>;
    case DType::kU32:
      return &CastRun<From, uint32_t>;
    case DType::kS64:
      return &CastRun<From, int64_t>;
    case DType::kU64:
      return &CastRun<From, uint64_t>;
    case DType::kBool:
      return &CastRun<From, Bool>;
    case DType::kNone:
      return nullptr;
  }
  return nullptr;
}

}  // namespace

CastFunction FindCast(DType from, DType to) {
  switch (from) {
    case DType::kF32:
      return FindTo<float>(to);
    case DType::kF16:
      return FindTo<Half>(to);
    case DType::kBF16:
      return FindTo<BFloat>(to);
    case DType::kF64:
      return FindTo<double>(to);
    case DType::kS8:
      return FindTo<int8_t>(to);
    case DType::kU8:
      return FindTo<uint8_t>(to);
    case DType::kS16:
      return FindTo<int16_t>(to);
    case DType::kU16:
      return FindTo<uint16_t>(to);
    case DType::kS32:
      return FindTo<int32_t>(to);
    case DType::kU32:
      return FindTo<uint32_t>(to);
    case DType::kS64:
      return FindTo<int64_t>(to);
    case DType::kU64:
      return FindTo<uint64_t>(to);
    case DType::kBool:
      return FindTo<Bool>(to);
    case DType::kNone:
      return nullptr;
  }
  return nullptr;
}

void Cast(CastFunction function, DType from, DType to, const void* input, void* output,
          int64_t count, ThreadPool& pool) {
  const auto in_size = static_cast<int64_t>(DTypeSize(from));
  const auto out_size = static_cast<int64_t>(DTypeSize(to));
  auto part = [&](int64_t begin, int64_t end, int) {
    function(static_cast<const std::byte*>(input) + begin * in_size,
             static_cast<std::byte*>(output) + begin * out_size, end - begin);
  };
  pool.ParallelFor(count, kElementsPerPart, std::ref(part));
}

}  // namespace plumb::kernels
