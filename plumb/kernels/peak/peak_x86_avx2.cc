// 256-bit vectors: vpmaddwd with vpaddd, the exact way to sum products of bytes before AVX-VNNI; fused multiply-adds.
#include <immintrin.h>

#include "plumb/kernels/peak/peak.h"

namespace plumb::kernels {
namespace {

constexpr int kSums = 12;  // enough to hide the latency of two operations a cycle

// The operand passes through an empty instruction before each product: the compiler would else multiply once for all.
void RunS8(int64_t steps) {
  __m256i sums[kSums] = {};
  __m256i a = _mm256_set1_epi16(1);
  for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (__m256i& sum : sums) {
      asm volatile("" : "+x"(a));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, a));
    }
  }
#pragma GCC unroll 12
  for (const __m256i& sum : sums) {
    asm volatile("" : : "x"(sum));
  }
}

void RunF32(int64_t steps) {
  __m256 sums[kSums] = {};
  __m256 a = _mm256_set1_ps(1);
  for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (__m256& sum : sums) {
      asm volatile("" : "+x"(a));
      sum = _mm256_fmadd_ps(a, a, sum);
    }
  }
#pragma GCC unroll 12
  for (const __m256& sum : sums) {
    asm volatile("" : : "x"(sum));
  }
}

}  // namespace

const PeakKernel peak_s8_avx2 = {"peak_s8_avx2", Isa::kAvx2, DType::kS8, kSums * 16, RunS8};
const PeakKernel peak_f32_avx2 = {"peak_f32_avx2", Isa::kAvx2, DType::kF32, kSums * 8, RunF32};

}  // namespace plumb::kernels
