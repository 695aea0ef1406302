// Eight lanes, AVX2 and FMA. The semantics are listed in simd.h.
#pragma once

#if defined(__AVX2__) && defined(__FMA__)

#include <immintrin.h>

#include <cstdint>

namespace plumb::numerics::avx2 {

struct Mask {
  __m256 v;  // all bits of a lane or none
};

struct I32 {
  __m256i v;
  static constexpr int kLanes = 8;
  static I32 Set(int32_t x) { return {_mm256_set1_epi32(x)}; }
};

// Lanes below n.
inline __m256i PartMask(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

struct F32 {
  __m256 v;
  static constexpr int kLanes = 8;
  using Int = I32;
  static F32 Set(float x) { return {_mm256_set1_ps(x)}; }
  static F32 Load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static F32 LoadPart(const float* p, int n) { return {_mm256_maskload_ps(p, PartMask(n))}; }
  void Store(float* p) const { _mm256_storeu_ps(p, v); }
  void StorePart(float* p, int n) const { _mm256_maskstore_ps(p, PartMask(n), v); }
};

inline I32 Bits(F32 a) { return {_mm256_castps_si256(a.v)}; }
inline F32 FromBits(I32 a) { return {_mm256_castsi256_ps(a.v)}; }
inline I32 operator+(I32 a, I32 b) { return {_mm256_add_epi32(a.v, b.v)}; }
inline I32 operator-(I32 a, I32 b) { return {_mm256_sub_epi32(a.v, b.v)}; }
inline I32 operator&(I32 a, I32 b) { return {_mm256_and_si256(a.v, b.v)}; }
inline I32 operator|(I32 a, I32 b) { return {_mm256_or_si256(a.v, b.v)}; }
template <int n>
inline I32 ShiftLeft(I32 a) {
  return {_mm256_slli_epi32(a.v, n)};
}
template <int n>
inline I32 ShiftRight(I32 a) {
  return {_mm256_srai_epi32(a.v, n)};
}

inline F32 operator+(F32 a, F32 b) { return {_mm256_add_ps(a.v, b.v)}; }
inline F32 operator-(F32 a, F32 b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline F32 operator*(F32 a, F32 b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline F32 operator/(F32 a, F32 b) { return {_mm256_div_ps(a.v, b.v)}; }
inline F32 operator-(F32 a) { return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))}; }
inline F32 Fma(F32 a, F32 b, F32 c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline F32 Sqrt(F32 a) { return {_mm256_sqrt_ps(a.v)}; }
inline F32 Min(F32 a, F32 b) { return {_mm256_min_ps(a.v, b.v)}; }
inline F32 Max(F32 a, F32 b) { return {_mm256_max_ps(a.v, b.v)}; }
inline F32 Abs(F32 a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline F32 CopySign(F32 magnitude, F32 sign) {
  const __m256 top = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_andnot_ps(top, magnitude.v), _mm256_and_ps(top, sign.v))};
}
inline Mask operator<(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
inline Mask operator<=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
inline Mask operator>(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ)}; }
inline Mask operator>=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ)}; }
inline Mask operator==(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
inline Mask operator!=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_NEQ_UQ)}; }
inline bool Any(Mask m) { return _mm256_movemask_ps(m.v) != 0; }
inline F32 Select(Mask m, F32 a, F32 b) { return {_mm256_blendv_ps(b.v, a.v, m.v)}; }
inline I32 Select(Mask m, I32 a, I32 b) { return Bits(Select(m, FromBits(a), FromBits(b))); }
inline F32 RoundEven(F32 a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
inline F32 Floor(F32 a) { return {_mm256_floor_ps(a.v)}; }
inline F32 Ceil(F32 a) { return {_mm256_ceil_ps(a.v)}; }
inline I32 ToInt(F32 a) { return {_mm256_cvttps_epi32(a.v)}; }
inline F32 ToFloat(I32 a) { return {_mm256_cvtepi32_ps(a.v)}; }

}  // namespace plumb::numerics::avx2

#endif  // AVX2 and FMA
