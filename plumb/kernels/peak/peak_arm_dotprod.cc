// sdot on 128-bit vectors.
#include <arm_neon.h>

#include "plumb/kernels/peak/peak.h"

namespace plumb::kernels {
namespace {

constexpr int kSums = 16;

void Run(int64_t steps) {
  int32x4_t sums[kSums] = {};
  int8x16_t a = vdupq_n_s8(1);
  for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 16
    for (int32x4_t& sum : sums) {
      asm volatile("" : "+w"(a));
      sum = vdotq_s32(sum, a, a);
    }
  }
#pragma GCC unroll 16
  for (const int32x4_t& sum : sums) {
    asm volatile("" : : "w"(sum));
  }
}

}  // namespace

const PeakKernel peak_s8_dotprod = {"peak_s8_dotprod", Isa::kDotprod, DType::kS8, kSums * 16, Run};

}  // namespace plumb::kernels
