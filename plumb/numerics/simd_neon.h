// Four lanes, NEON of aarch64. The semantics are listed in simd.h. Armv7's NEON flushes denormals and
// has neither division nor rounding to nearest even, so it has no such header: floats are scalar
// there.
#pragma once

#if defined(__aarch64__)

#include <arm_neon.h>

#include <cstdint>

namespace plumb::numerics::neon {

struct Mask {
  uint32x4_t v;  // all bits of a lane or none
};

struct I32 {
  int32x4_t v;
  static constexpr int kLanes = 4;
  static I32 Set(int32_t x) { return {vdupq_n_s32(x)}; }
};

struct F32 {
  float32x4_t v;
  static constexpr int kLanes = 4;
  using Int = I32;
  static F32 Set(float x) { return {vdupq_n_f32(x)}; }
  static F32 Load(const float* p) { return {vld1q_f32(p)}; }
  static F32 LoadPart(const float* p, int n) {
    if (n >= kLanes) {
      return Load(p);
    }
    float lanes[kLanes] = {};
    for (int i = 0; i < n; ++i) {
      lanes[i] = p[i];
    }
    return Load(lanes);
  }
  void Store(float* p) const { vst1q_f32(p, v); }
  void StorePart(float* p, int n) const {
    if (n >= kLanes) {
      Store(p);
      return;
    }
    float lanes[kLanes];
    Store(lanes);
    for (int i = 0; i < n; ++i) {
      p[i] = lanes[i];
    }
  }
};

inline I32 Bits(F32 a) { return {vreinterpretq_s32_f32(a.v)}; }
inline F32 FromBits(I32 a) { return {vreinterpretq_f32_s32(a.v)}; }
inline I32 operator+(I32 a, I32 b) { return {vaddq_s32(a.v, b.v)}; }
inline I32 operator-(I32 a, I32 b) { return {vsubq_s32(a.v, b.v)}; }
inline I32 operator&(I32 a, I32 b) { return {vandq_s32(a.v, b.v)}; }
inline I32 operator|(I32 a, I32 b) { return {vorrq_s32(a.v, b.v)}; }
template <int n>
inline I32 ShiftLeft(I32 a) {
  return {vshlq_n_s32(a.v, n)};
}
template <int n>
inline I32 ShiftRight(I32 a) {
  return {vshrq_n_s32(a.v, n)};
}

inline F32 operator+(F32 a, F32 b) { return {vaddq_f32(a.v, b.v)}; }
inline F32 operator-(F32 a, F32 b) { return {vsubq_f32(a.v, b.v)}; }
inline F32 operator*(F32 a, F32 b) { return {vmulq_f32(a.v, b.v)}; }
inline F32 operator/(F32 a, F32 b) { return {vdivq_f32(a.v, b.v)}; }
inline F32 operator-(F32 a) { return {vnegq_f32(a.v)}; }
inline F32 Fma(F32 a, F32 b, F32 c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
inline F32 Sqrt(F32 a) { return {vsqrtq_f32(a.v)}; }
inline F32 Abs(F32 a) { return {vabsq_f32(a.v)}; }
inline F32 CopySign(F32 magnitude, F32 sign) {
  return {vbslq_f32(vdupq_n_u32(0x80000000u), sign.v, magnitude.v)};
}
inline Mask operator<(F32 a, F32 b) { return {vcltq_f32(a.v, b.v)}; }
inline Mask operator<=(F32 a, F32 b) { return {vcleq_f32(a.v, b.v)}; }
inline Mask operator>(F32 a, F32 b) { return {vcgtq_f32(a.v, b.v)}; }
inline Mask operator>=(F32 a, F32 b) { return {vcgeq_f32(a.v, b.v)}; }
inline Mask operator==(F32 a, F32 b) { return {vceqq_f32(a.v, b.v)}; }
inline Mask operator!=(F32 a, F32 b) { return {vmvnq_u32(vceqq_f32(a.v, b.v))}; }
inline bool Any(Mask m) { return vmaxvq_u32(m.v) != 0; }
inline F32 Select(Mask m, F32 a, F32 b) { return {vbslq_f32(m.v, a.v, b.v)}; }
inline I32 Select(Mask m, I32 a, I32 b) { return {vbslq_s32(m.v, a.v, b.v)}; }
// Not vminq and vmaxq: those give NaN when either operand is one, and -0 below +0.
inline F32 Min(F32 a, F32 b) { return Select(a < b, a, b); }
inline F32 Max(F32 a, F32 b) { return Select(a > b, a, b); }
inline F32 RoundEven(F32 a) { return {vrndnq_f32(a.v)}; }
inline F32 Floor(F32 a) { return {vrndmq_f32(a.v)}; }
inline F32 Ceil(F32 a) { return {vrndpq_f32(a.v)}; }
inline I32 ToInt(F32 a) { return {vcvtq_s32_f32(a.v)}; }
inline F32 ToFloat(I32 a) { return {vcvtq_f32_s32(a.v)}; }

}  // namespace plumb::numerics::neon

#endif  // aarch64
