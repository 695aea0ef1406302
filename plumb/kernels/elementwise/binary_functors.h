// What each function of two elements computes. Also the reference: tests call these directly.
//
// Integers wrap around. Floats follow IEEE 754 binary32, one rounding for each operation.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "plumb/kernels/elementwise/power.h"
#include "plumb/numerics/scalar_functions.h"

namespace plumb::kernels {

// Integer arithmetic that wraps: done in 64 bits without sign, cut to the type.
template <typename T>
inline T Wrap(uint64_t x) {
  return static_cast<T>(x);
}

struct Add {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      return static_cast<T>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
    } else {
      return a + b;
    }
  }
};

struct Sub {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      return static_cast<T>(static_cast<U>(static_cast<U>(a) - static_cast<U>(b)));
    } else {
      return a - b;
    }
  }
};

struct Mul {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
      return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
    } else {
      return a * b;
    }
  }
};

// Integers: toward zero; by zero gives 0.
struct Div {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) {
        return 0;
      }
      if constexpr (std::is_signed_v<T>) {
        if (b == -1) {
          return Sub::Apply<T>(0, a);  // the least value stays what it is
        }
      }
      return static_cast<T>(a / b);
    } else {
      return a / b;
    }
  }
};

template <typename T>
inline bool IsNan(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    return x != x;
  } else {
    return false;
  }
}

// A NaN on either side gives NaN. Equal values (+0 and -0 among them): the second.
struct Min {
  template <typename T>
  static T Apply(T a, T b) {
    return (a < b || IsNan(a)) ? a : b;
  }
};

struct Max {
  template <typename T>
  static T Apply(T a, T b) {
    return (a > b || IsNan(a)) ? a : b;
  }
};

// The remainder with the dividend's sign. Integers: by zero gives 0.
struct TruncatedMod {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return numerics::FMod(a, b);
    } else {
      if (b == 0) {
        return 0;
      }
      if constexpr (std::is_signed_v<T>) {
        if (b == -1) {
          return 0;
        }
      }
      return static_cast<T>(a % b);
    }
  }
};

// The remainder with the divisor's sign, as Python's %. Integers: by zero gives 0.
struct FloorMod {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return numerics::FloorMod(a, b);
    } else {
      const T r = TruncatedMod::Apply<T>(a, b);
      return (r != 0 && ((r < 0) != (b < 0))) ? static_cast<T>(r + b) : r;
    }
  }
};

struct Prelu {
  template <typename T>
  static T Apply(T x, T slope) {
    return x < 0 ? Mul::Apply<T>(x, slope) : x;
  }
};

// Base and exponent may differ in type; the result has the base's. See power.h for binary32.
struct Pow {
  template <typename T, typename E>
  static T Apply(T x, E exponent) {
    if constexpr (std::is_same_v<T, float>) {
      return PowerF32(x, static_cast<float>(exponent));
    } else if constexpr (std::is_integral_v<E>) {
      return static_cast<T>(PowerS64(static_cast<int64_t>(x), static_cast<int64_t>(exponent)));
    } else {
      const float y = PowerF32(static_cast<float>(x), exponent);
      // Toward zero; what the type cannot hold gives 0.
      return y >= -9.0e18f && y <= 9.0e18f ? static_cast<T>(static_cast<int64_t>(y)) : T{0};
    }
  }
};

struct Equal {
  template <typename T>
  static bool Apply(T a, T b) {
    return a == b;
  }
};
struct Less {
  template <typename T>
  static bool Apply(T a, T b) {
    return a < b;
  }
};
struct Greater {
  template <typename T>
  static bool Apply(T a, T b) {
    return a > b;
  }
};
struct LessOrEqual {
  template <typename T>
  static bool Apply(T a, T b) {
    return a <= b;
  }
};
struct GreaterOrEqual {
  template <typename T>
  static bool Apply(T a, T b) {
    return a >= b;
  }
};

// Booleans are bytes; anything but 0 is true.
struct And {
  static uint8_t Apply(uint8_t a, uint8_t b) { return static_cast<uint8_t>((a != 0) & (b != 0)); }
};
struct Or {
  static uint8_t Apply(uint8_t a, uint8_t b) { return static_cast<uint8_t>((a | b) != 0); }
};
struct Xor {
  static uint8_t Apply(uint8_t a, uint8_t b) { return static_cast<uint8_t>((a != 0) ^ (b != 0)); }
};

struct BitAnd {
  template <typename T>
  static T Apply(T a, T b) {
    return static_cast<T>(a & b);
  }
};
struct BitOr {
  template <typename T>
  static T Apply(T a, T b) {
    return static_cast<T>(a | b);
  }
};
struct BitXor {
  template <typename T>
  static T Apply(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};

// By the type's width or more (or by a negative count): 0. Right shifts of negative numbers keep
// the sign.
struct ShiftLeft {
  template <typename T>
  static T Apply(T a, T b) {
    using U = std::make_unsigned_t<T>;
    const auto count = static_cast<uint64_t>(static_cast<U>(b));
    return count >= 8 * sizeof(T) ? T{0}
                                  : Wrap<T>(static_cast<uint64_t>(static_cast<U>(a)) << count);
  }
};
struct ShiftRight {
  template <typename T>
  static T Apply(T a, T b) {
    using U = std::make_unsigned_t<T>;
    const auto count = static_cast<uint64_t>(static_cast<U>(b));
    return count >= 8 * sizeof(T) ? T{0} : static_cast<T>(a >> count);
  }
};

}  // namespace plumb::kernels
