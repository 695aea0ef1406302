// Sixteen lanes, AVX-512F. The semantics are listed in simd.h.
#pragma once

#if defined(__AVX512F__)

#include <immintrin.h>

#include <cstdint>

namespace plumb::numerics::avx512 {

struct Mask {
  __mmask16 v;
};

struct I32 {
  __m512i v;
  static constexpr int kLanes = 16;
  static I32 Set(int32_t x) { return {_mm512_set1_epi32(x)}; }
};

// Lanes below n.
inline __mmask16 PartMask(int n) { return static_cast<__mmask16>((1u << n) - 1u); }

struct F32 {
  __m512 v;
  static constexpr int kLanes = 16;
  using Int = I32;
  static F32 Set(float x) { return {_mm512_set1_ps(x)}; }
  static F32 Load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static F32 LoadPart(const float* p, int n) { return {_mm512_maskz_loadu_ps(PartMask(n), p)}; }
  void Store(float* p) const { _mm512_storeu_ps(p, v); }
  void StorePart(float* p, int n) const { _mm512_mask_storeu_ps(p, PartMask(n), v); }
};

inline I32 Bits(F32 a) { return {_mm512_castps_si512(a.v)}; }
inline F32 FromBits(I32 a) { return {_mm512_castsi512_ps(a.v)}; }
inline I32 operator+(I32 a, I32 b) { return {_mm512_add_epi32(a.v, b.v)}; }
inline I32 operator-(I32 a, I32 b) { return {_mm512_sub_epi32(a.v, b.v)}; }
inline I32 operator&(I32 a, I32 b) { return {_mm512_and_si512(a.v, b.v)}; }
inline I32 operator|(I32 a, I32 b) { return {_mm512_or_si512(a.v, b.v)}; }
template <int n>
inline I32 ShiftLeft(I32 a) {
  return {_mm512_slli_epi32(a.v, n)};
}
template <int n>
inline I32 ShiftRight(I32 a) {
  return {_mm512_srai_epi32(a.v, n)};
}

inline F32 operator+(F32 a, F32 b) { return {_mm512_add_ps(a.v, b.v)}; }
inline F32 operator-(F32 a, F32 b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline F32 operator*(F32 a, F32 b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline F32 operator/(F32 a, F32 b) { return {_mm512_div_ps(a.v, b.v)}; }
inline F32 operator-(F32 a) {
  return FromBits({_mm512_xor_si512(Bits(a).v, _mm512_set1_epi32(INT32_MIN))});
}
inline F32 Fma(F32 a, F32 b, F32 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline F32 Sqrt(F32 a) { return {_mm512_sqrt_ps(a.v)}; }
inline F32 Min(F32 a, F32 b) { return {_mm512_min_ps(a.v, b.v)}; }
inline F32 Max(F32 a, F32 b) { return {_mm512_max_ps(a.v, b.v)}; }
inline F32 Abs(F32 a) {
  return FromBits({_mm512_and_si512(Bits(a).v, _mm512_set1_epi32(INT32_MAX))});
}
// Per bit: sign where the selector is set, magnitude elsewhere (0xca of the ternary table).
inline F32 CopySign(F32 magnitude, F32 sign) {
  return FromBits({_mm512_ternarylogic_epi32(_mm512_set1_epi32(INT32_MIN), Bits(sign).v,
                                             Bits(magnitude).v, 0xca)});
}
inline Mask operator<(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
inline Mask operator<=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
inline Mask operator>(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
inline Mask operator>=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
inline Mask operator==(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
inline Mask operator!=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
inline bool Any(Mask m) { return m.v != 0; }
inline F32 Select(Mask m, F32 a, F32 b) { return {_mm512_mask_blend_ps(m.v, b.v, a.v)}; }
inline I32 Select(Mask m, I32 a, I32 b) { return {_mm512_mask_blend_epi32(m.v, b.v, a.v)}; }
inline F32 RoundEven(F32 a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
inline F32 Floor(F32 a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)};
}
inline F32 Ceil(F32 a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)};
}
inline I32 ToInt(F32 a) { return {_mm512_cvttps_epi32(a.v)}; }
inline F32 ToFloat(I32 a) { return {_mm512_cvtepi32_ps(a.v)}; }

}  // namespace plumb::numerics::avx512

#endif  // AVX-512F
