// Permutes of words: the table is 128 words; bits 1..7 of a byte choose the word, bit 0 its half.
#include <immintrin.h>

#include "plumb/kernels/lut/lut.h"

namespace plumb::kernels {
namespace {

struct Table {
  __m512i words[4];
};

// `index`: in each word a byte value 0..255. Gives the table's byte in the word's low half.
__m512i LookUp(const Table& t, __m512i index) {
  const __m512i word = _mm512_srli_epi16(index, 1);
  const __m512i low = _mm512_permutex2var_epi16(t.words[0], word, t.words[1]);
  const __m512i high = _mm512_permutex2var_epi16(t.words[2], word, t.words[3]);
  const __mmask32 upper = _mm512_test_epi16_mask(index, _mm512_set1_epi16(128));
  const __m512i both = _mm512_mask_blend_epi16(upper, low, high);
  const __mmask32 odd = _mm512_test_epi16_mask(index, _mm512_set1_epi16(1));
  return _mm512_and_si512(_mm512_mask_srli_epi16(both, odd, both, 8), _mm512_set1_epi16(255));
}

__m512i LookUpBytes(const Table& t, __m512i x) {
  const __m512i index = _mm512_xor_si512(x, _mm512_set1_epi8(-128));
  const __m512i even = LookUp(t, _mm512_and_si512(index, _mm512_set1_epi16(255)));
  const __m512i odd = LookUp(t, _mm512_srli_epi16(index, 8));
  return _mm512_or_si512(even, _mm512_slli_epi16(odd, 8));
}

void Run(const int8_t* table, const int8_t* x, int8_t* y, int64_t n) {
  Table t;
  for (int i = 0; i < 4; ++i) {
    t.words[i] = _mm512_loadu_si512(table + i * 64);
  }
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) {
    _mm512_storeu_si512(y + i, LookUpBytes(t, _mm512_loadu_si512(x + i)));
  }
  if (i < n) {
    const __mmask64 rest = (__mmask64{1} << (n - i)) - 1;
    _mm512_mask_storeu_epi8(y + i, rest, LookUpBytes(t, _mm512_maskz_loadu_epi8(rest, x + i)));
  }
}

}  // namespace

const LutKernel lut_s8_64_avx512bw = {"lut_s8_64_avx512bw", Isa::kAvx512Vnni, nullptr, Run};

}  // namespace plumb::kernels
