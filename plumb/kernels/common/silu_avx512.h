// The end kRealS8 with SiLU, in registers: 8-bit outputs with the bits of the definition, at a
// fraction of its cost. Included by kernel files only.
//
// What is stored is an integer, so the number of steps t = silu(sum * m) / scale need not be known
// to the last bit: it is approximated, within kAbsolute / scale + kRelative * |t| of what the
// definition's operations give (layer_end_test.cc measures it). Where t is further than that from
// the middle between two integers, both round to the same; where it is not, which is rare, the
// definition's operations decide. Beyond 256 steps both saturate.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "plumb/numerics/elementary.h"
#include "plumb/numerics/simd_s8.h"

namespace plumb::kernels {

// Per channel: m * -log2(e), m / scale.
struct SiluFactors {
  __m512 exponent, steps;
  static SiluFactors Of(__m512 multiplier, __m512 scale) {
    return {_mm512_mul_ps(multiplier, _mm512_set1_ps(-0x1.715476p0f)),
            _mm512_div_ps(multiplier, scale)};
  }
};

// sum * steps / (1 + 2^(sum * exponent)), at most 2^30. The power by a polynomial for 2^f, f in
// [0, 1), of relative error 2.6e-6; the reciprocal by an estimate of 14 bits and one step of Newton.
inline __m512 SiluSteps(__m512i sum, const SiluFactors& factors) {
  const __m512 a = _mm512_cvtepi32_ps(sum);
  const __m512 z = _mm512_min_ps(_mm512_mul_ps(a, factors.exponent), _mm512_set1_ps(120.0f));
  const __m512 f = _mm512_reduce_ps(z, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  __m512 p = _mm512_set1_ps(0x1.bb7cd4p-7f);
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0x1.aa13fp-5f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0x1.ee798ap-3f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0x1.62d166p-1f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0x1.00002cp0f));
  const __m512 one = _mm512_set1_ps(1.0f);
  const __m512 d = _mm512_add_ps(_mm512_scalef_ps(p, z), one);
  const __m512 r = _mm512_rcp14_ps(d);
  const __m512 q = _mm512_mul_ps(_mm512_mul_ps(a, factors.steps), r);
  const __m512 t = _mm512_fmadd_ps(q, _mm512_fnmadd_ps(d, r, one), q);
  return _mm512_min_ps(t, _mm512_set1_ps(0x1p30f));
}

// How far t may be from an integer for the approximation to decide.
inline __m512 SiluLimit(__m512 scale) {
  const __m512 absolute = _mm512_set1_ps(0x1p-20f), relative = _mm512_set1_ps(0x1p-20f * 256.0f);
  return _mm512_sub_ps(_mm512_set1_ps(0.5f),
                       _mm512_add_ps(_mm512_div_ps(absolute, scale), relative));
}

// The definition's steps, rounded; what saturates may be another number that does.
inline __m512i SiluDefined(__m512i sum, const float* multiplier, const float* scale) {
  using V = numerics::avx512::F32;
  const V real = ToFloat(numerics::avx512::I32{sum}) * V::Load(multiplier);
  const V scaled = numerics::Silu(real) / V::Load(scale);
  const V number = Select(scaled == scaled, scaled, V::Set(0.0f));  // NaN: the zero point
  return ToInt(RoundEven(Min(Max(number, V::Set(-0x1p30f)), V::Set(0x1p30f)))).v;
}

// Rounds the steps of four vectors of sums; vector k has factors[k * step]. Bit k of the result: the
// approximation does not decide all of vector k.
template <int step>
inline unsigned RoundSilu(const __m512i (&sums)[4], const SiluFactors* factors, __m512 limit,
                          __m512i (&rounded)[4]) {
  __m512 rest[4];
  for (int k = 0; k < 4; ++k) {
    const __m512 t = SiluSteps(sums[k], factors[k * step]);
    rounded[k] = _mm512_cvtps_epi32(t);
    rest[k] = _mm512_reduce_ps(t, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  constexpr int kGreaterMagnitude = 0x0b;
  const __m512 most =
      _mm512_range_ps(_mm512_range_ps(rest[0], rest[1], kGreaterMagnitude),
                      _mm512_range_ps(rest[2], rest[3], kGreaterMagnitude), kGreaterMagnitude);
  unsigned undecided = 0;
  if (_mm512_cmp_ps_mask(most, limit, _CMP_NLE_UQ) != 0) [[unlikely]] {
    for (unsigned k = 0; k < 4; ++k) {
      const bool near = _mm512_cmp_ps_mask(_mm512_abs_ps(rest[k]), limit, _CMP_NLE_UQ) != 0;
      undecided |= (near ? 1u : 0u) << k;
    }
  }
  return undecided;
}

}  // namespace plumb::kernels
