// Powers with the same bits on every machine.
#pragma once

#include <cstdint>

namespace plumb::kernels {

// x to the y in binary32, the first of these that applies (error at most 0.51 ulp):
//   y an integer, 0 < |y| <= 64: square-and-multiply in binary64 from the lowest bit of |y|, 1 /
//   result for negative y, one
//                                rounding to binary32 (so y = 2 gives the bits of x * x, y = -1
//                                those of 1 / x);
//   y = 0.5, x > 0:              the square root;
//   else:                        numerics::Pow, special cases as IEEE 754.
[[nodiscard]] float PowerF32(float x, float y);

// Square-and-multiply, wrapping. Negative exponents: 1 / x^-y toward zero, and 0 for x = 0.
[[nodiscard]] int64_t PowerS64(int64_t x, int64_t y);

}  // namespace plumb::kernels
