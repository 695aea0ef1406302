// Copying activations with AVX-512, bits of `flip` flipped. Included by kernel files only.
#pragma once

#include <immintrin.h>

#include "plumb/kernels/dot/dot.h"

namespace plumb::kernels {
namespace {

inline __mmask64 CopyMask(int64_t n) { return n >= 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1; }

template <int flip>
void DotCopyAvx512(const DotCopy& job) {
  const __m512i flipped = _mm512_set1_epi8(static_cast<char>(flip));
  const int8_t* from = job.from;
  std::byte* to = job.to;
  if (job.n <= 32) {  // narrower accesses cross fewer cache lines
    const __mmask32 part = static_cast<__mmask32>(CopyMask(job.n));
    for (int64_t r = 0; r < job.rows; ++r, to += job.to_stride, from += job.from_stride) {
      const __m256i x = _mm256_maskz_loadu_epi8(part, from);
      _mm256_mask_storeu_epi8(to, part, _mm256_xor_si256(x, _mm512_castsi512_si256(flipped)));
    }
    return;
  }
  const int64_t whole = job.n / 64 * 64;
  const __mmask64 rest = CopyMask(job.n - whole);
  for (int64_t r = 0; r < job.rows; ++r, to += job.to_stride, from += job.from_stride) {
    for (int64_t i = 0; i < whole; i += 64) {
      _mm512_storeu_si512(to + i, _mm512_xor_si512(_mm512_loadu_si512(from + i), flipped));
    }
    if (rest != 0) {
      const __m512i x = _mm512_maskz_loadu_epi8(rest, from + whole);
      _mm512_mask_storeu_epi8(to + whole, rest, _mm512_xor_si512(x, flipped));
    }
  }
}

}  // namespace
}  // namespace plumb::kernels
