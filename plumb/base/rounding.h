// Whole-number division that rounds to a stated side, for sizes and positions; b > 0.
#pragma once

#include <cstdint>

namespace plumb {

// Toward minus infinity; toward plus infinity; the next multiple of b from a >= 0 on.
constexpr int64_t FloorDivide(int64_t a, int64_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }
constexpr int64_t CeilDivide(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }
constexpr int64_t RoundUp(int64_t a, int64_t b) { return CeilDivide(a, b) * b; }

}  // namespace plumb
