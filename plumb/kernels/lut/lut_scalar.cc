#include "plumb/kernels/lut/lut.h"

namespace plumb::kernels {
namespace {

void Run(const int8_t* table, const int8_t* x, int8_t* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    y[i] = table[x[i] + 128];
  }
}

}  // namespace

const LutKernel lut_s8_1_scalar = {"lut_s8_1_scalar", Isa::kScalar, nullptr, Run};

}  // namespace plumb::kernels
