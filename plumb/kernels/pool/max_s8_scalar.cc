#include <algorithm>

#include "plumb/kernels/pool/max_s8.h"

namespace plumb::kernels {
namespace {

void Run(const MaxS8Run& r) {
  for (int64_t p = 0; p < r.pixels; ++p) {
    for (int64_t i = 0; i < r.n; ++i) {
      int8_t most = r.from[0][p * r.step + i];
      for (int64_t k = 1; k < r.count; ++k) {
        most = std::max(most, r.from[k][p * r.step + i]);
      }
      r.to[p * r.n + i] = most;
    }
  }
}

}  // namespace

const MaxS8Kernel max_s8_1_scalar = {"max_s8_1_scalar", Isa::kScalar, Run};

}  // namespace plumb::kernels
