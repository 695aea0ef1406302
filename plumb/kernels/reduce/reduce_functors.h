// What each reduction does with one element (Step), with two partial results (Join) and at the end
// (Last).
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "plumb/kernels/common/real64.h"

namespace plumb::kernels::reduce {

// Sums of floats run in binary64, of integers in 64 bits without sign (wrapping).
template <typename T>
using WideAcc = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

struct Additive {
  template <typename T>
  using Acc = WideAcc<T>;
  template <typename T>
  static Acc<T> First() {
    return 0;
  }
  template <typename A>
  static A Join(A a, A b) {
    return a + b;
  }
  template <typename T>
  static T Last(Acc<T> sum, int64_t) {
    return static_cast<T>(sum);
  }
};

struct Sum : Additive {
  template <typename A, typename T>
  static A Step(A acc, T x) {
    return acc + static_cast<A>(x);
  }
};

struct Mean : Sum {
  template <typename T>
  static T Last(Acc<T> sum, int64_t count) {
    if constexpr (std::is_floating_point_v<T>) {
      // Of nothing: one NaN, whose sign does not depend on the machine.
      return count == 0 ? std::numeric_limits<T>::quiet_NaN()
                        : static_cast<T>(sum / static_cast<double>(count));
    } else if (count == 0) {
      return 0;
    } else if constexpr (std::is_signed_v<T>) {
      return static_cast<T>(static_cast<int64_t>(sum) / count);
    } else {
      return static_cast<T>(sum / static_cast<uint64_t>(count));
    }
  }
};

struct L1 : Additive {
  template <typename A, typename T>
  static A Step(A acc, T x) {
    if constexpr (std::is_floating_point_v<T>) {
      return acc + std::fabs(static_cast<A>(x));
    } else {
      return x < T{0} ? acc - static_cast<A>(x) : acc + static_cast<A>(x);
    }
  }
};

struct SumSquare : Additive {
  template <typename A, typename T>
  static A Step(A acc, T x) {
    return acc + static_cast<A>(x) * static_cast<A>(x);  // exact in binary64 for a binary32 x
  }
};

struct L2 : SumSquare {
  template <typename T>
  static T Last(double sum, int64_t) {
    return static_cast<T>(std::sqrt(sum));
  }
};

struct LogSum : Sum {
  template <typename T>
  static T Last(double sum, int64_t) {
    return static_cast<T>(LogOf(sum));
  }
  // Sums that are no positive finite number: ln 0 = -inf, ln inf = inf, else NaN.
  static double LogOf(double sum) {
    constexpr double kInf = std::numeric_limits<double>::infinity();
    if (sum > 0 && sum < kInf) {
      return Log64(sum);
    }
    return sum == 0 ? -kInf : sum == kInf ? kInf : std::numeric_limits<double>::quiet_NaN();
  }
};

struct Prod {
  template <typename T>
  using Acc = WideAcc<T>;
  template <typename T>
  static Acc<T> First() {
    return 1;
  }
  template <typename A, typename T>
  static A Step(A acc, T x) {
    return acc * static_cast<A>(x);
  }
  template <typename A>
  static A Join(A a, A b) {
    return a * b;
  }
  template <typename T>
  static T Last(Acc<T> product, int64_t) {
    return static_cast<T>(product);
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

struct Max {
  template <typename T>
  using Acc = T;
  template <typename T>
  static T First() {
    return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::lowest();
  }
  template <typename T>
  static T Step(T acc, T x) {
    // +0 is greater than -0, so that the lanes do not decide the sign.
    return (x > acc || IsNan(x) || (x == acc && SignBit(acc))) ? x : acc;
  }
  template <typename T>
  static T Join(T a, T b) {
    return Step(a, b);
  }
  template <typename T>
  static T Last(T value, int64_t) {
    return value;
  }
  template <typename T>
  static bool SignBit(T x) {
    if constexpr (std::is_floating_point_v<T>) {
      return std::signbit(x);
    } else {
      return false;
    }
  }
};

struct Min {
  template <typename T>
  using Acc = T;
  template <typename T>
  static T First() {
    return std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::max();
  }
  template <typename T>
  static T Step(T acc, T x) {
    return (x < acc || IsNan(x) || (x == acc && Max::SignBit(x))) ? x : acc;
  }
  template <typename T>
  static T Join(T a, T b) {
    return Step(a, b);
  }
  template <typename T>
  static T Last(T value, int64_t) {
    return value;
  }
};

}  // namespace plumb::kernels::reduce
