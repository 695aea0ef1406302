// Half precision (IEEE binary16), bfloat16 and binary32, converted by integer arithmetic: no
// dependence on the processor, the rounding mode or flush-to-zero. Narrowing rounds to nearest,
// ties to even; overflow gives infinity; NaN stays NaN (quiet, sign and upper payload bits kept).
#pragma once

#include <bit>
#include <cstdint>

namespace plumb {

[[nodiscard]] constexpr float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000U) << 16;
  uint32_t exponent = (half >> 10) & 0x1FU;
  uint32_t fraction = half & 0x3FFU;
  if (exponent == 0x1F) {
    return std::bit_cast<float>(sign | 0x7F800000U | (fraction << 13) |
                                (fraction != 0 ? 0x400000U : 0U));
  }
  if (exponent == 0) {
    if (fraction == 0) {
      return std::bit_cast<float>(sign);
    }
    exponent = 1;
    while ((fraction & 0x400U) == 0) {  // a subnormal half is a normal float
      fraction <<= 1;
      --exponent;  // wraps below 0; the sum below brings it back
    }
    fraction &= 0x3FFU;
  }
  return std::bit_cast<float>(sign | ((exponent + (127 - 15)) << 23) | (fraction << 13));
}

[[nodiscard]] constexpr uint16_t FloatToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000U);
  const uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) {
    return static_cast<uint16_t>(sign | 0x7E00U | ((magnitude >> 13) & 0x3FFU));
  }
  if (magnitude >= 0x477FF000U) {  // 65520 and above rounds to infinity
    return static_cast<uint16_t>(sign | 0x7C00U);
  }
  // Drops `shift` low bits, to nearest even. A carry out of the fraction raises the exponent, as it
  // should.
  auto round = [](uint32_t x, uint32_t shift) {
    const uint32_t half = 1U << (shift - 1);
    return (x + half - 1 + ((x >> shift) & 1U)) >> shift;
  };
  if (magnitude >= 0x38800000U) {  // 2^-14: normal
    return static_cast<uint16_t>(sign | round(magnitude - ((127U - 15U) << 23), 13));
  }
  const uint32_t exponent = magnitude >> 23;
  if (exponent < 102) {  // below 2^-25: rounds to zero
    return sign;
  }
  return static_cast<uint16_t>(sign | round((magnitude & 0x7FFFFFU) | 0x800000U, 126 - exponent));
}

[[nodiscard]] constexpr float BFloat16ToFloat(uint16_t value) {
  const uint32_t bits = static_cast<uint32_t>(value) << 16;
  return std::bit_cast<float>((bits & 0x7FFFFFFFU) > 0x7F800000U ? bits | 0x400000U : bits);
}

[[nodiscard]] constexpr uint16_t FloatToBFloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) {
    return static_cast<uint16_t>((bits >> 16) | 0x40U);
  }
  return static_cast<uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

}  // namespace plumb
