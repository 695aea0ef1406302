#include "plumb/kernels/unary/unary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <type_traits>
#include <vector>

#include "plumb/base/check.h"
#include "plumb/numerics/scalar_functions.h"

namespace plumb::kernels {

#define PLUMB_UNARY(function, isa) const UnaryF32* function();
#include "plumb/kernels/unary/unary_kernels.inc"
#undef PLUMB_UNARY

namespace {

constexpr size_t kVectorRows = 0
#define PLUMB_UNARY_F32(name, parameters, expression) +1
#include "plumb/kernels/unary/unary_f32.inc"
#undef PLUMB_UNARY_F32
    ;

template <float (*f)(float)>
void ApplyOne(const float* in, float* out, int64_t n, const float*) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = f(in[i]);
  }
}

constexpr UnaryF32 kOneLane[] = {
#define PLUMB_UNARY_F32_ONE(name, function) {#name, "", ApplyOne<numerics::function>},
#include "plumb/kernels/unary/unary_f32_scalar_functions.inc"
#undef PLUMB_UNARY_F32_ONE
};

constexpr size_t kRows = kVectorRows + std::size(kOneLane);
using Table = std::array<UnaryF32, kRows>;

Table MakeTable(const UnaryF32* vector_rows) {
  Table table{};
  std::copy_n(vector_rows, kVectorRows, table.begin());
  std::copy(std::begin(kOneLane), std::end(kOneLane), table.begin() + kVectorRows);
  return table;
}

template <typename T>
T Wrapped(std::make_unsigned_t<T> x) {
  return static_cast<T>(x);
}

struct Neg {
  template <typename T>
  static T Of(T x, const int64_t*) {
    using U = std::make_unsigned_t<T>;
    return Wrapped<T>(static_cast<U>(U{0} - static_cast<U>(x)));  // the least value stays itself
  }
};
struct Abs {
  template <typename T>
  static T Of(T x, const int64_t* none) {
    return x < T{0} ? Neg::Of(x, none) : x;
  }
};
struct Sign {
  template <typename T>
  static T Of(T x, const int64_t*) {
    return static_cast<T>((x > T{0}) - (x < T{0}));
  }
};
struct Relu {
  template <typename T>
  static T Of(T x, const int64_t*) {
    return x < T{0} ? T{0} : x;
  }
};
struct Clip {
  template <typename T>
  static T Saturate(int64_t bound) {
    if (std::in_range<T>(bound)) {
      return static_cast<T>(bound);
    }
    return bound < 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
  }
  template <typename T>
  static T Of(T x, const int64_t* bounds) {
    const T low = Saturate<T>(bounds[0]), high = Saturate<T>(bounds[1]);
    const T raised = x < low ? low : x;
    return raised > high ? high : raised;
  }
};
struct BitwiseNot {
  template <typename T>
  static T Of(T x, const int64_t*) {
    return static_cast<T>(~x);
  }
};
struct Not {
  static bool Of(bool x, const int64_t*) { return !x; }
};

constexpr uint32_t kInfinity = 0x7f800000u;
uint32_t Magnitude(float x) { return std::bit_cast<uint32_t>(x) & 0x7fffffffu; }
struct IsNaN {
  static bool Of(float x, const int64_t*) { return Magnitude(x) > kInfinity; }
};
struct IsInf {
  static bool Of(float x, const int64_t*) { return Magnitude(x) == kInfinity; }
};
struct IsInfPositive {
  static bool Of(float x, const int64_t*) { return std::bit_cast<uint32_t>(x) == kInfinity; }
};
struct IsInfNegative {
  static bool Of(float x, const int64_t*) {
    return std::bit_cast<uint32_t>(x) == (kInfinity | 0x80000000u);
  }
};

template <typename F, typename In, typename Out>
void ApplyOther(const void* in, void* out, int64_t n, const int64_t* bounds) {
  const In* x = static_cast<const In*>(in);
  Out* y = static_cast<Out*>(out);
  for (int64_t i = 0; i < n; ++i) {
    y[i] = F::Of(x[i], bounds);
  }
}

template <typename F, typename... T>
void AddRows(std::vector<UnaryOther>& rows, const char* name) {
  (rows.push_back({name, DTypeOf<T>::value, DTypeOf<T>::value, ApplyOther<F, T, T>}), ...);
}

template <typename F>
void AddIntegers(std::vector<UnaryOther>& rows, const char* name) {
  AddRows<F, int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t>(rows, name);
}

std::vector<UnaryOther> MakeOthers() {
  std::vector<UnaryOther> rows;
  AddIntegers<Neg>(rows, "neg");
  AddIntegers<Abs>(rows, "abs");
  AddIntegers<Sign>(rows, "sign");
  AddIntegers<Relu>(rows, "relu");
  AddIntegers<Clip>(rows, "clip");
  AddIntegers<BitwiseNot>(rows, "bitwise_not");
  AddRows<Not, bool>(rows, "not");
  rows.push_back({"isnan", DType::kF32, DType::kBool, ApplyOther<IsNaN, float, bool>});
  rows.push_back({"isinf", DType::kF32, DType::kBool, ApplyOther<IsInf, float, bool>});
  rows.push_back(
      {"isinf_positive", DType::kF32, DType::kBool, ApplyOther<IsInfPositive, float, bool>});
  rows.push_back(
      {"isinf_negative", DType::kF32, DType::kBool, ApplyOther<IsInfNegative, float, bool>});
  return rows;
}

}  // namespace

std::span<const UnaryF32> UnaryF32Functions(Isa isa) {
  struct Kernel {
    Isa isa;
    Table table;
  };
  static const Kernel kernels[] = {
#define PLUMB_UNARY(function, isa) {isa, MakeTable(function())},
#include "plumb/kernels/unary/unary_kernels.inc"
#undef PLUMB_UNARY
  };
  for (const Kernel& kernel : kernels) {
    if (MayRun(isa, kernel.isa)) {
      return kernel.table;
    }
  }
  PLUMB_CHECK(false) << "the scalar kernel runs everywhere";
  return kernels[0].table;
}

const UnaryF32* FindUnaryF32(std::string_view name, Isa isa) {
  for (const UnaryF32& row : UnaryF32Functions(isa)) {
    if (row.name == name) {
      return &row;
    }
  }
  return nullptr;
}

std::span<const UnaryOther> UnaryOtherFunctions() {
  static const std::vector<UnaryOther> rows = MakeOthers();
  return rows;
}

const UnaryOther* FindUnaryOther(std::string_view name, DType in) {
  for (const UnaryOther& row : UnaryOtherFunctions()) {
    if (row.name == name && row.in == in) {
      return &row;
    }
  }
  return nullptr;
}

}  // namespace plumb::kernels
