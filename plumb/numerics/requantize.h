// The requantization rule, the one that every convolution and matrix product ends with
// (docs/arithmetic.md).
//
//   m[c] = (s_x * s_w[c]) / s_y          binary32, each operation rounded, at compile time
//   y    = clamp(rne(float(acc) * m[c]), lo - z_y, hi - z_y) + z_y
//
// int32 to binary32 rounds to nearest even; one multiply rounded to nearest even; clamp; convert to
// nearest even. The clamp comes before the conversion, so that nothing overflows. No fused
// multiply-add.
#pragma once

#include <cstdint>

namespace plumb::numerics {

// The nearest integer, ties to even, of |x| < 2^22. Adding and subtracting 1.5 * 2^23 rounds in the
// current mode, which is round-to-nearest (FloatEnvironment); no C-library function is involved.
inline float RoundTiesToEven(float x) {
  constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23
  return (x + kMagic) - kMagic;
}

// real = scaled value in steps of the output grid (already multiplied by m or divided by s_y), not
// NaN.
inline int32_t ClampRound(float scaled, int32_t lo, int32_t hi, int32_t zero_point) {
  const float low = static_cast<float>(lo - zero_point);
  const float high = static_cast<float>(hi - zero_point);
  const float clamped = scaled < low ? low : (scaled > high ? high : scaled);
  return static_cast<int32_t>(RoundTiesToEven(clamped)) + zero_point;
}

inline int32_t Requantize(int32_t acc, float m, int32_t lo, int32_t hi, int32_t zero_point) {
  return ClampRound(static_cast<float>(acc) * m, lo, hi, zero_point);
}

// Quantize one real value: divide by the scale (one rounding), round ties to even, add the zero
// point, saturate. NaN gives the zero point.
inline int32_t Quantize(float real, float scale, int32_t zero_point, int32_t lo, int32_t hi) {
  const float scaled = real / scale;
  return scaled != scaled ? zero_point : ClampRound(scaled, lo, hi, zero_point);
}

inline float Dequantize(int32_t q, float scale, int32_t zero_point) {
  return static_cast<float>(q - zero_point) * scale;
}

}  // namespace plumb::numerics
