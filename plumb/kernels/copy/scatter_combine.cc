// The ways in which scatter_elements and scatter_nd combine an update with what is there.
#include <cstring>
#include <type_traits>

#include "plumb/kernels/copy/gather.h"

namespace plumb::kernels {
namespace {

template <typename T>
bool IsNan(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    return x != x;
  } else {
    return false;
  }
}

struct AddTo {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
    } else {
      return a + b;
    }
  }
};
struct MulTo {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
    } else {
      return a * b;
    }
  }
};
struct MinTo {
  template <typename T>
  static T Apply(T a, T b) {
    return (b < a || IsNan(b)) ? b : a;
  }
};
struct MaxTo {
  template <typename T>
  static T Apply(T a, T b) {
    return (b > a || IsNan(b)) ? b : a;
  }
};

template <typename Op, typename T>
void CombineRun(void* to, const void* from, int64_t count) {
  T* t = static_cast<T*>(to);
  const T* f = static_cast<const T*>(from);
  for (int64_t i = 0; i < count; ++i) {
    t[i] = Op::template Apply<T>(t[i], f[i]);
  }
}

template <int kSize>
void ReplaceRun(void* to, const void* from, int64_t count) {
  std::memcpy(to, from, static_cast<size_t>(count) * kSize);
}

template <typename Op>
ScatterCombine ForType(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return &CombineRun<Op, float>;
    case DType::kS8:
      return &CombineRun<Op, int8_t>;
    case DType::kU8:
      return &CombineRun<Op, uint8_t>;
    case DType::kS16:
      return &CombineRun<Op, int16_t>;
    case DType::kU16:
      return &CombineRun<Op, uint16_t>;
    case DType::kS32:
      return &CombineRun<Op, int32_t>;
    case DType::kU32:
      return &CombineRun<Op, uint32_t>;
    case DType::kS64:
      return &CombineRun<Op, int64_t>;
    case DType::kU64:
      return &CombineRun<Op, uint64_t>;
    default:
      return nullptr;
  }
}

}  // namespace

ScatterCombine FindScatterCombine(ScatterReduction reduction, DType dtype) {
  switch (reduction) {
    case ScatterReduction::kAdd:
      return ForType<AddTo>(dtype);
    case ScatterReduction::kMul:
      return ForType<MulTo>(dtype);
    case ScatterReduction::kMin:
      return ForType<MinTo>(dtype);
    case ScatterReduction::kMax:
      return ForType<MaxTo>(dtype);
    case ScatterReduction::kNone:
      break;
  }
  switch (DTypeSize(dtype)) {
    case 1:
      return &ReplaceRun<1>;
    case 2:
      return &ReplaceRun<2>;
    case 4:
      return &ReplaceRun<4>;
    default:
      return &ReplaceRun<8>;
  }
}

}  // namespace plumb::kernels
