// smull with sadalp, the exact way to sum products of bytes before the dot products; fused multiply-adds.
#include <arm_neon.h>

#include "plumb/kernels/peak/peak.h"

namespace plumb::kernels {
namespace {

constexpr int kSums = 16;

// The operand passes through an empty instruction before each product: the compiler would else multiply once for all.
void RunS8(int64_t steps) {
  int32x4_t sums[kSums] = {};
  int8x8_t a = vdup_n_s8(1);
  for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 16
    for (int32x4_t& sum : sums) {
      asm volatile("" : "+w"(a));
      sum = vpadalq_s16(sum, vmull_s8(a, a));
    }
  }
#pragma GCC unroll 16
  for (const int32x4_t& sum : sums) {
    asm volatile("" : : "w"(sum));
  }
}

void RunF32(int64_t steps) {
  float32x4_t sums[kSums] = {};
  float32x4_t a = vdupq_n_f32(1);
  for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 16
    for (float32x4_t& sum : sums) {
      asm volatile("" : "+w"(a));
      sum = vfmaq_f32(sum, a, a);
    }
  }
#pragma GCC unroll 16
  for (const float32x4_t& sum : sums) {
    asm volatile("" : : "w"(sum));
  }
}

}  // namespace

const PeakKernel peak_s8_neon = {"peak_s8_neon", Isa::kNeon, DType::kS8, kSums * 8, RunS8};
const PeakKernel peak_f32_neon = {"peak_f32_neon", Isa::kNeon, DType::kF32, kSums * 4, RunF32};

}  // namespace plumb::kernels
