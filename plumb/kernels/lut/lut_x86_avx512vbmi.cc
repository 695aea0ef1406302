// Permutes of bytes: two of 128 entries, chosen by the sign.
#include <immintrin.h>

#include "plumb/kernels/lut/lut.h"

namespace plumb::kernels {
namespace {

bool CpuHasVbmi() { return __builtin_cpu_supports("avx512vbmi") != 0; }

void Run(const int8_t* table, const int8_t* x, int8_t* y, int64_t n) {
  // x + 128 for x in -128..-1 is the low half of the table; the permute looks at 7 bits.
  const __m512i negative0 = _mm512_loadu_si512(table), negative1 = _mm512_loadu_si512(table + 64);
  const __m512i positive0 = _mm512_loadu_si512(table + 128),
                positive1 = _mm512_loadu_si512(table + 192);
  const auto look_up = [&](__m512i v) {
    const __m512i positive = _mm512_permutex2var_epi8(positive0, v, positive1);
    const __m512i negative = _mm512_permutex2var_epi8(negative0, v, negative1);
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), positive, negative);
  };
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) {
    _mm512_storeu_si512(y + i, look_up(_mm512_loadu_si512(x + i)));
  }
  if (i < n) {
    const __mmask64 rest = (__mmask64{1} << (n - i)) - 1;
    _mm512_mask_storeu_epi8(y + i, rest, look_up(_mm512_maskz_loadu_epi8(rest, x + i)));
  }
}

}  // namespace

const LutKernel lut_s8_64_avx512vbmi = {"lut_s8_64_avx512vbmi", Isa::kAvx512Vnni, CpuHasVbmi, Run};

}  // namespace plumb::kernels
