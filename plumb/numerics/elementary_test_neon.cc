#include "plumb/numerics/elementary.h"
#include "plumb/numerics/elementary_test_functions.h"
#include "plumb/numerics/simd_neon.h"

namespace plumb::numerics {
namespace {

using V = neon::F32;

#define ROW(name, expression)                                                   \
  void Apply##name(const float* in, float* out, int64_t n) {                    \
    for (int64_t i = 0; i < n; i += V::kLanes) {                                \
      const int part = n - i < V::kLanes ? static_cast<int>(n - i) : V::kLanes; \
      const V x = V::LoadPart(in + i, part);                                    \
      (expression).StorePart(out + i, part);                                    \
    }                                                                           \
  }
#include "plumb/numerics/elementary_test_rows.inc"
#undef ROW

constexpr ElementaryRow kRows[] = {
#define ROW(name, expression) {#name, Apply##name},
#include "plumb/numerics/elementary_test_rows.inc"
#undef ROW
    {nullptr, nullptr}};

}  // namespace

const ElementaryRow* NeonRows() { return kRows; }

}  // namespace plumb::numerics
