// One lane, portable. The semantics are listed in simd.h.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace plumb::numerics::scalar {

struct Mask {
  bool v;
};

struct I32 {
  int32_t v;
  static constexpr int kLanes = 1;
  static I32 Set(int32_t x) { return {x}; }
};

struct F32 {
  float v;
  static constexpr int kLanes = 1;
  using Int = I32;
  static F32 Set(float x) { return {x}; }
  static F32 Load(const float* p) { return {*p}; }
  static F32 LoadPart(const float* p, int n) { return {n > 0 ? *p : 0.0f}; }
  void Store(float* p) const { *p = v; }
  void StorePart(float* p, int n) const {
    if (n > 0) {
      *p = v;
    }
  }
};

inline int32_t Wrap(uint32_t x) { return static_cast<int32_t>(x); }
inline uint32_t U(I32 a) { return static_cast<uint32_t>(a.v); }
inline I32 Bits(F32 a) { return {std::bit_cast<int32_t>(a.v)}; }
inline F32 FromBits(I32 a) { return {std::bit_cast<float>(a.v)}; }
inline I32 operator+(I32 a, I32 b) { return {Wrap(U(a) + U(b))}; }
inline I32 operator-(I32 a, I32 b) { return {Wrap(U(a) - U(b))}; }
inline I32 operator&(I32 a, I32 b) { return {a.v & b.v}; }
inline I32 operator|(I32 a, I32 b) { return {a.v | b.v}; }
template <int n>
inline I32 ShiftLeft(I32 a) {
  return {Wrap(U(a) << n)};
}
template <int n>
inline I32 ShiftRight(I32 a) {
  return {a.v >> n};
}

inline F32 operator+(F32 a, F32 b) { return {a.v + b.v}; }
inline F32 operator-(F32 a, F32 b) { return {a.v - b.v}; }
inline F32 operator*(F32 a, F32 b) { return {a.v * b.v}; }
inline F32 operator/(F32 a, F32 b) { return {a.v / b.v}; }
inline F32 operator-(F32 a) { return {-a.v}; }
inline F32 Fma(F32 a, F32 b, F32 c) { return {std::fma(a.v, b.v, c.v)}; }
inline F32 Sqrt(F32 a) { return {std::sqrt(a.v)}; }  // correctly rounded, as IEEE 754 requires
inline F32 Min(F32 a, F32 b) { return {a.v < b.v ? a.v : b.v}; }
inline F32 Max(F32 a, F32 b) { return {a.v > b.v ? a.v : b.v}; }
inline F32 Abs(F32 a) { return FromBits({Bits(a).v & 0x7fffffff}); }
inline F32 CopySign(F32 magnitude, F32 sign) {
  return FromBits({(Bits(magnitude).v & 0x7fffffff) | (Bits(sign).v & Wrap(0x80000000u))});
}
inline Mask operator<(F32 a, F32 b) { return {a.v < b.v}; }
inline Mask operator<=(F32 a, F32 b) { return {a.v <= b.v}; }
inline Mask operator>(F32 a, F32 b) { return {a.v > b.v}; }
inline Mask operator>=(F32 a, F32 b) { return {a.v >= b.v}; }
inline Mask operator==(F32 a, F32 b) { return {a.v == b.v}; }
inline Mask operator!=(F32 a, F32 b) { return {a.v != b.v}; }
inline bool Any(Mask m) { return m.v; }
inline F32 Select(Mask m, F32 a, F32 b) { return m.v ? a : b; }
inline I32 Select(Mask m, I32 a, I32 b) { return m.v ? a : b; }

// Adding 2^23 to |a| < 2^23 leaves no fraction and rounds ties to even; larger values are integral
// already.
inline F32 RoundEven(F32 a) {
  const F32 magnitude = Abs(a);
  if (!(magnitude.v < 0x1p23f)) {
    return a;
  }
  return CopySign({(magnitude.v + 0x1p23f) - 0x1p23f}, a);
}
inline F32 Floor(F32 a) {
  const F32 r = RoundEven(a);
  return r.v > a.v ? CopySign({r.v - 1.0f}, a) : r;  // the sign decides only about zero
}
inline F32 Ceil(F32 a) {
  const F32 r = RoundEven(a);
  return r.v < a.v ? CopySign({r.v + 1.0f}, a) : r;  // above -1: -0
}
inline I32 ToInt(F32 a) {
  return {a.v > -0x1p31f && a.v < 0x1p31f ? static_cast<int32_t>(a.v) : Wrap(0x80000000u)};
}
inline F32 ToFloat(I32 a) { return {static_cast<float>(a.v)}; }

}  // namespace plumb::numerics::scalar
