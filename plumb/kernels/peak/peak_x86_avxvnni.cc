// vpdpbusd on 256-bit vectors, in the encoding of AVX-VNNI.
#include <immintrin.h>

#include "plumb/kernels/peak/peak.h"

namespace plumb::kernels {
namespace {

constexpr int kSums = 12;

void Run(int64_t steps) {
  __m256i sums[kSums] = {};
  __m256i a = _mm256_set1_epi8(1);
  for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (__m256i& sum : sums) {
      asm volatile("" : "+x"(a));
      sum = _mm256_dpbusd_avx_epi32(sum, a, a);
    }
  }
#pragma GCC unroll 12
  for (const __m256i& sum : sums) {
    asm volatile("" : : "x"(sum));
  }
}

}  // namespace

const PeakKernel peak_s8_avxvnni = {"peak_s8_avxvnni", Isa::kAvxVnni, DType::kS8, kSums * 32, Run};

}  // namespace plumb::kernels
