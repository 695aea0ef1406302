// The rows of elementary_test_rows.inc over a vector type. Included by the files of one instruction
// set each, after the vector type.
#pragma once

#include "plumb/numerics/elementary.h"
#include "plumb/numerics/elementary_test_functions.h"

namespace plumb::numerics {

template <typename V>
struct ElementaryLanes {
#define ROW(name, expression)                                                   \
  static void Apply##name(const float* in, float* out, int64_t n) {             \
    for (int64_t i = 0; i < n; i += V::kLanes) {                                \
      const int part = n - i < V::kLanes ? static_cast<int>(n - i) : V::kLanes; \
      const V x = V::LoadPart(in + i, part);                                    \
      (expression).StorePart(out + i, part);                                    \
    }                                                                           \
  }
#include "plumb/numerics/elementary_test_rows.inc"
#undef ROW

  static constexpr ElementaryRow kRows[] = {
#define ROW(name, expression) {#name, Apply##name},
#include "plumb/numerics/elementary_test_rows.inc"
#undef ROW
      {nullptr, nullptr}};
};

}  // namespace plumb::numerics
