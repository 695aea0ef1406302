// Two taps side by side as 16-bit pairs: vpmaddwd adds both products exactly into 32 bits.
// Interleaving works within halves of a register, so accumulator h holds channels 4h..4h+3 of
// either half; the halves are put in order at the end.
#include <immintrin.h>

#include "plumb/kernels/dwconv/dwconv.h"

namespace plumb::kernels {
namespace {

constexpr int kBlock = 16;

int WeightPosition(int channel, int tap) {
  return channel % 8 / 4 * 16 + channel / 8 * 8 + channel % 4 * 2 + tap;
}
int StartPosition(int channel) { return channel % 8 / 4 * 8 + channel / 8 * 4 + channel % 4; }

__m256i LoadX(const int8_t* x, int n) {
  if (n >= kBlock) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x)));
  }
  alignas(16) int8_t bytes[kBlock] = {};
  __builtin_memcpy(bytes, x, static_cast<size_t>(n));
  return _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(bytes)));
}

__m256i Load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

void Run(const DwConvRun& run) {
  const int16_t* weights = static_cast<const int16_t*>(run.weights);
  for (int64_t p = 0; p < run.pixels; ++p) {
    __m256i acc0 = Load(run.start), acc1 = Load(run.start + 8);
    for (int64_t g = 0; g < run.tap_groups; ++g) {
      const __m256i x0 = LoadX(run.in[2 * g] + p * run.step[2 * g] + run.channel, run.channels);
      const __m256i x1 =
          LoadX(run.in[2 * g + 1] + p * run.step[2 * g + 1] + run.channel, run.channels);
      const int16_t* w = weights + g * 2 * kBlock;
      acc0 = _mm256_add_epi32(acc0, _mm256_madd_epi16(_mm256_unpacklo_epi16(x0, x1), Load(w)));
      acc1 = _mm256_add_epi32(acc1, _mm256_madd_epi16(_mm256_unpackhi_epi16(x0, x1), Load(w + 16)));
    }
    int32_t* out = run.acc + p * kBlock;
    _mm256_store_si256(reinterpret_cast<__m256i*>(out),
                       _mm256_permute2x128_si256(acc0, acc1, 0x20));
    _mm256_store_si256(reinterpret_cast<__m256i*>(out + 8),
                       _mm256_permute2x128_si256(acc0, acc1, 0x31));
  }
}

}  // namespace

const DwConvKernel dwconv_s8s8s32_16x2_avx2 = {
    "dwconv_s8s8s32_16x2_avx2", Isa::kAvx2, kBlock, 2, 2, 0, WeightPosition, StartPosition, Run};

}  // namespace plumb::kernels
