#include "plumb/kernels/elementwise/binary.h"

#include <cmath>

#include "plumb/kernels/elementwise/binary_functors.h"

namespace plumb::kernels {
namespace {

// The usual strides have loops of their own for binary32 only: for every integer type they would be
// a tenth of the runtime library, and networks do no more with those than arithmetic on shapes.
template <typename Op, typename A, typename B, typename R>
void PlaneOf(const Plane<3>& p, const void* a_raw, const void* b_raw, void* output) {
  const A* a = static_cast<const A*>(a_raw) + p.offset[1];
  const B* b = static_cast<const B*>(b_raw) + p.offset[2];
  R* out = static_cast<R*>(output) + p.offset[0];
  const int64_t n = p.n1;
  const int64_t as = p.s1[1];
  const int64_t bs = p.s1[2];
  for (int64_t i = 0; i < p.n0; ++i, a += p.s0[1], b += p.s0[2], out += p.s0[0]) {
    if constexpr (!std::is_same_v<A, float>) {
      for (int64_t j = 0; j < n; ++j) {
        out[j] = static_cast<R>(Op::Apply(a[j * as], b[j * bs]));
      }
    } else if (as == 1 && bs == 1) {
      for (int64_t j = 0; j < n; ++j) {
        out[j] = static_cast<R>(Op::Apply(a[j], b[j]));
      }
    } else if (as == 1 && bs == 0) {
      const B scalar = *b;
      if constexpr (std::is_same_v<Op, Pow> && std::is_same_v<A, float>) {
        // The exponents that networks use; the bits are PowerF32's.
        if (scalar == B(2)) {
          for (int64_t j = 0; j < n; ++j) {
            out[j] = a[j] * a[j];
          }
          continue;
        }
      }
      for (int64_t j = 0; j < n; ++j) {
        out[j] = static_cast<R>(Op::Apply(a[j], scalar));
      }
    } else if (as == 0 && bs == 1) {
      const A scalar = *a;
      for (int64_t j = 0; j < n; ++j) {
        out[j] = static_cast<R>(Op::Apply(scalar, b[j]));
      }
    } else {
      for (int64_t j = 0; j < n; ++j) {
        out[j] = static_cast<R>(Op::Apply(a[j * as], b[j * bs]));
      }
    }
  }
}

template <typename Op, typename T>
constexpr BinaryFunction kSame = {&PlaneOf<Op, T, T, T>, DTypeOf<T>::value};
template <typename Op, typename T>
constexpr BinaryFunction kCompare = {&PlaneOf<Op, T, T, uint8_t>, DType::kBool};

struct Integers {
  template <typename Op>
  static BinaryFunction Find(DType a, DType b) {
    if (a != b) {
      return {};
    }
    switch (a) {
      case DType::kS8:
        return kSame<Op, int8_t>;
      case DType::kU8:
        return kSame<Op, uint8_t>;
      case DType::kS16:
        return kSame<Op, int16_t>;
      case DType::kU16:
        return kSame<Op, uint16_t>;
      case DType::kS32:
        return kSame<Op, int32_t>;
      case DType::kU32:
        return kSame<Op, uint32_t>;
      case DType::kS64:
        return kSame<Op, int64_t>;
      case DType::kU64:
        return kSame<Op, uint64_t>;
      default:
        return {};
    }
  }
};

struct Numbers {
  template <typename Op>
  static BinaryFunction Find(DType a, DType b) {
    return a == DType::kF32 && b == a ? kSame<Op, float> : Integers::Find<Op>(a, b);
  }
};

struct ComparableNumbers {
  template <typename Op>
  static BinaryFunction Find(DType a, DType b) {
    if (a != b) {
      return {};
    }
    switch (a) {
      case DType::kF32:
        return kCompare<Op, float>;
      case DType::kS8:
        return kCompare<Op, int8_t>;
      case DType::kU8:
        return kCompare<Op, uint8_t>;
      case DType::kS16:
        return kCompare<Op, int16_t>;
      case DType::kU16:
        return kCompare<Op, uint16_t>;
      case DType::kS32:
        return kCompare<Op, int32_t>;
      case DType::kU32:
        return kCompare<Op, uint32_t>;
      case DType::kS64:
        return kCompare<Op, int64_t>;
      case DType::kU64:
        return kCompare<Op, uint64_t>;
      default:
        return {};
    }
  }
};

struct EqualBool {
  static uint8_t Apply(uint8_t a, uint8_t b) { return static_cast<uint8_t>((a != 0) == (b != 0)); }
};

struct Comparable {
  template <typename Op>
  static BinaryFunction Find(DType a, DType b) {
    return a == DType::kBool && b == a ? kCompare<EqualBool, uint8_t>
                                       : ComparableNumbers::Find<Op>(a, b);
  }
};

struct Logic {
  template <typename Op>
  static BinaryFunction Find(DType a, DType b) {
    return a == DType::kBool && b == a ? kCompare<Op, uint8_t> : BinaryFunction{};
  }
};

struct PowTypes {
  template <typename Op, typename T>
  static BinaryFunction WithBase(DType exponent) {
    switch (exponent) {
      case DType::kF32:
        return {&PlaneOf<Op, T, float, T>, DTypeOf<T>::value};
      case DType::kS32:
        return {&PlaneOf<Op, T, int32_t, T>, DTypeOf<T>::value};
      case DType::kS64:
        return {&PlaneOf<Op, T, int64_t, T>, DTypeOf<T>::value};
      default:
        return {};
    }
  }
  template <typename Op>
  static BinaryFunction Find(DType a, DType b) {
    switch (a) {
      case DType::kF32:
        return WithBase<Op, float>(b);
      case DType::kS32:
        return WithBase<Op, int32_t>(b);
      case DType::kS64:
        return WithBase<Op, int64_t>(b);
      default:
        return {};
    }
  }
};

struct Row {
  std::string_view name;
  BinaryFunction (*find)(DType a, DType b);
};

constexpr Row kRows[] = {
#define PLUMB_BINARY(name, functor, types) {name, &types::Find<functor>},
#include "plumb/kernels/elementwise/binary_ops.inc"
#undef PLUMB_BINARY
};

}  // namespace

BinaryFunction FindBinary(std::string_view name, DType a, DType b) {
  for (const Row& row : kRows) {
    if (row.name == name) {
      return row.find(a, b);
    }
  }
  return {};
}

BinaryPlan MakeBinaryPlan(BinaryFunction function, std::span<const int64_t> a_shape,
                          std::span<const int64_t> b_shape, std::span<const int64_t> output_shape) {
  BinaryPlan plan{function, {}};
  const auto a = BroadcastStrides(a_shape, output_shape);
  const auto b = BroadcastStrides(b_shape, output_shape);
  const auto out = DenseStrides(output_shape);
  for (size_t d = 0; d < output_shape.size(); ++d) {
    plan.nest.Add(output_shape[d], {out[d], a[d], b[d]});
  }
  plan.nest.Finish();
  return plan;
}

void Binary(const BinaryPlan& plan, const void* a, const void* b, void* output, ThreadPool& pool) {
  RunNest(plan.nest, pool, kElementsPerPart,
          [&](const Plane<3>& p) { plan.function.plane(p, a, b, output); });
}

}  // namespace plumb::kernels
