#include "plumb/kernels/elementwise/power.h"

#include <cmath>

#include "plumb/numerics/scalar_functions.h"

namespace plumb::kernels {

float PowerF32(float x, float y) {
  if (y >= -64.0f && y <= 64.0f) {
    const auto whole = static_cast<int32_t>(y);
    if (static_cast<float>(whole) == y && whole != 0 && x == x) {
      double result = 1.0;
      double square = static_cast<double>(x);
      for (int32_t n = whole < 0 ? -whole : whole; n != 0; n >>= 1) {
        if ((n & 1) != 0) {
          result *= square;
        }
        square *= square;
      }
      return static_cast<float>(whole < 0 ? 1.0 / result : result);
    }
    if (y == 0.5f && x > 0.0f) {
      return std::sqrt(x);  // an IEEE operation: correctly rounded
    }
  }
  return numerics::Pow(x, y);
}

int64_t PowerS64(int64_t x, int64_t y) {
  if (y < 0) {
    if (x == 1) {
      return 1;
    }
    return x == -1 ? ((y & 1) != 0 ? -1 : 1) : 0;
  }
  uint64_t result = 1;
  uint64_t square = static_cast<uint64_t>(x);
  for (; y != 0; y >>= 1) {
    if ((y & 1) != 0) {
      result *= square;
    }
    square *= square;
  }
  return static_cast<int64_t>(result);
}

}  // namespace plumb::kernels
