// The ends kRequantize and kRealS8 of SiLU in registers, for sums that are still there. Included by kernel files only.
//
// By saturation: packing twice on the way to 8 bits and clamping the bytes gives what clamping before
// the rounding gives, since all bounds are integers, as long as no product leaves 32 bits.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "plumb/kernels/common/silu_avx512.h"

namespace plumb::kernels {

// Sixty-four sums in four registers, of which packing twice within quarters makes bytes in order.
class Requantize64 {
 public:
  // factor and zero point in the order of the sums.
  Requantize64(const float* factor, const int32_t* zero, int8_t lo, int8_t hi)
      : zero01_(_mm512_packs_epi32(_mm512_loadu_si512(zero), _mm512_loadu_si512(zero + 16))),
        zero23_(_mm512_packs_epi32(_mm512_loadu_si512(zero + 32), _mm512_loadu_si512(zero + 48))),
        lo_(_mm512_set1_epi8(lo)),
        hi_(_mm512_set1_epi8(hi)) {
    for (int k = 0; k < 4; ++k) {
      factor_[k] = _mm512_loadu_ps(factor + 16 * k);
    }
  }

  // Requires every |sum * factor| < 2^31.
  [[nodiscard]] __m512i Bytes(const __m512i (&sums)[4]) const {
    const __m512i words01 =
        _mm512_packs_epi32(Rounded(sums[0], factor_[0]), Rounded(sums[1], factor_[1]));
    const __m512i words23 =
        _mm512_packs_epi32(Rounded(sums[2], factor_[2]), Rounded(sums[3], factor_[3]));
    const __m512i bytes = _mm512_packs_epi16(_mm512_adds_epi16(words01, zero01_),
                                             _mm512_adds_epi16(words23, zero23_));
    return _mm512_min_epi8(_mm512_max_epi8(bytes, lo_), hi_);
  }

 private:
  static __m512i Rounded(__m512i sum, __m512 factor) {
    return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), factor));
  }

  __m512 factor_[4];
  __m512i zero01_, zero23_, lo_, hi_;
};

// The same for kRealS8 of SiLU, -128..127.
class Silu64 {
 public:
  // factor, zero point and scale in the order of the sums; factor and scale are read later too.
  Silu64(const float* factor, const int32_t* zero, const float* scale)
      : zero01_(_mm512_packs_epi32(_mm512_loadu_si512(zero), _mm512_loadu_si512(zero + 16))),
        zero23_(_mm512_packs_epi32(_mm512_loadu_si512(zero + 32), _mm512_loadu_si512(zero + 48))),
        limit_(_mm512_set1_ps(0.5f)),
        factor_(factor),
        scale_(scale) {
    for (int k = 0; k < 4; ++k) {
      const __m512 scales = _mm512_loadu_ps(scale + 16 * k);
      factors_[k] = SiluFactors::Of(_mm512_loadu_ps(factor + 16 * k), scales);
      limit_ = _mm512_min_ps(limit_, SiluLimit(scales));
    }
    // One limit for all, since the rests of the four vectors are compared together.
    limit_ = _mm512_set1_ps(_mm512_reduce_min_ps(limit_));
  }

  // Requires every |sum * factor| < 2^31.
  [[nodiscard]] __m512i Bytes(const __m512i (&sums)[4]) const {
    __m512i rounded[4];
    const unsigned undecided = RoundSilu<1>(sums, factors_, limit_, rounded);
    for (int k = 0; undecided >> k != 0; ++k) {
      if ((undecided >> k & 1) != 0) {
        rounded[k] = SiluDefined(sums[k], factor_ + 16 * k, scale_ + 16 * k);
      }
    }
    const __m512i words01 = _mm512_packs_epi32(rounded[0], rounded[1]);
    const __m512i words23 = _mm512_packs_epi32(rounded[2], rounded[3]);
    return _mm512_packs_epi16(_mm512_adds_epi16(words01, zero01_),
                              _mm512_adds_epi16(words23, zero23_));
  }

 private:
  SiluFactors factors_[4];
  __m512i zero01_, zero23_;
  __m512 limit_;
  const float* factor_;
  const float* scale_;
};

}  // namespace plumb::kernels
