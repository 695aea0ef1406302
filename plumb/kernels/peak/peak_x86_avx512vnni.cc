// 512-bit vectors: vpdpbusd, and fused multiply-adds.
#include <immintrin.h>

#include "plumb/kernels/peak/peak.h"

namespace plumb::kernels {
namespace {

constexpr int kSums = 24;

void RunS8(int64_t steps) {
  __m512i sums[kSums] = {};
  __m512i a = _mm512_set1_epi8(1);
  for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 24
    for (__m512i& sum : sums) {
      asm volatile("" : "+v"(a));
      sum = _mm512_dpbusd_epi32(sum, a, a);
    }
  }
#pragma GCC unroll 24
  for (const __m512i& sum : sums) {
    asm volatile("" : : "v"(sum));
  }
}

void RunF32(int64_t steps) {
  __m512 sums[kSums] = {};
  __m512 a = _mm512_set1_ps(1);
  for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 24
    for (__m512& sum : sums) {
      asm volatile("" : "+v"(a));
      sum = _mm512_fmadd_ps(a, a, sum);
    }
  }
#pragma GCC unroll 24
  for (const __m512& sum : sums) {
    asm volatile("" : : "v"(sum));
  }
}

}  // namespace

const PeakKernel peak_s8_avx512vnni = {"peak_s8_avx512vnni", Isa::kAvx512Vnni, DType::kS8,
                                       kSums * 64, RunS8};
const PeakKernel peak_f32_avx512 = {"peak_f32_avx512", Isa::kAvx512Vnni, DType::kF32, kSums * 16,
                                    RunF32};

}  // namespace plumb::kernels
