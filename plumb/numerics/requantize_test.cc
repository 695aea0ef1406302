// The integer rules of docs/arithmetic.md: ties, signs, saturation, and an independent judge: the
// same rule in exact integer arithmetic.
#include "plumb/numerics/requantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace plumb::numerics {
namespace {

// value * 2^-shift, to the nearest integer, ties to even; shift 0..62.
int64_t RoundShift(int64_t value, int shift) {
  if (shift == 0) {
    return value;
  }
  const int64_t floor = value >> shift;
  const int64_t rest = value - (floor << shift);
  const int64_t half = int64_t{1} << (shift - 1);
  return floor + (rest > half || (rest == half && (floor & 1) != 0) ? 1 : 0);
}

// A binary32 as mantissa * 2^exponent, mantissa of at most 24 bits.
struct Parts {
  int64_t mantissa;
  int exponent;
};
Parts Split(float x) {
  int exponent = 0;
  const float fraction = std::frexp(x, &exponent);
  return {static_cast<int64_t>(fraction * 0x1p24f), exponent - 24};
}

// The nearest binary32 to value * 2^exponent, as parts, by the rule of IEEE 754 (no underflow
// here).
Parts RoundTo24Bits(int64_t value, int exponent) {
  int drop = 0;
  for (int64_t size = value < 0 ? -value : value; size >= (int64_t{1} << 24); size >>= 1) {
    ++drop;
  }
  return {RoundShift(value, drop), exponent + drop};
}

// Requantize without a floating-point operation.
int32_t Judge(int32_t acc, float m, int32_t lo, int32_t hi, int32_t zero) {
  const Parts a = RoundTo24Bits(acc, 0);
  const Parts b = Split(m);
  const Parts product = RoundTo24Bits(a.mantissa * b.mantissa, a.exponent + b.exponent);
  int64_t rounded = 0;
  if (product.exponent >= 0) {
    const bool huge = product.mantissa != 0 && product.exponent > 30;
    const int64_t magnitude = huge ? int64_t{1} << 54
                                   : (product.mantissa < 0 ? -product.mantissa : product.mantissa)
                                         << product.exponent;
    rounded = product.mantissa < 0 ? -magnitude : magnitude;
  } else {
    rounded = product.exponent < -60 ? 0 : RoundShift(product.mantissa, -product.exponent);
  }
  const int64_t sum = rounded + zero;
  return static_cast<int32_t>(sum < lo ? lo : (sum > hi ? hi : sum));
}

TEST(Requantize, TiesGoToEven) {
  for (int32_t acc = -2001; acc <= 2001; ++acc) {
    const int32_t floor = (acc - (acc & 1)) / 2;  // acc / 2 towards minus infinity
    const int32_t expected = (acc & 1) == 0 ? floor : floor + (floor & 1);
    EXPECT_EQ(Requantize(acc, 0.5f, -2000, 2000, 0), expected) << acc;
  }
}

TEST(Requantize, TheTieIsDecidedBeforeTheZeroPoint) {
  EXPECT_EQ(Requantize(1, 0.5f, -128, 127, 1), 1);   // 0.5 to 0
  EXPECT_EQ(Requantize(3, 0.5f, -128, 127, 1), 3);   // 1.5 to 2
  EXPECT_EQ(Requantize(-1, 0.5f, -128, 127, 1), 1);  // -0.5 to -0
  EXPECT_EQ(Requantize(-3, 0.5f, -128, 127, 1), -1);
}

TEST(Requantize, SaturatesAtBothEnds) {
  EXPECT_EQ(Requantize(INT32_MAX, 1.0f, -128, 127, 0), 127);
  EXPECT_EQ(Requantize(INT32_MIN, 1.0f, -128, 127, 0), -128);
  EXPECT_EQ(Requantize(INT32_MAX, 0x1p30f, -128, 127, -128), 127);
  EXPECT_EQ(Requantize(INT32_MIN, 0x1p30f, -128, 127, 127), -128);
  EXPECT_EQ(Requantize(1000, 1.0f, -3, 90, 5), 90);
  EXPECT_EQ(Requantize(-1000, 1.0f, -3, 90, 5), -3);
  EXPECT_EQ(Requantize(255, 0.5f, -128, 127, 0), 127);    // 127.5 is clamped, not rounded to 128
  EXPECT_EQ(Requantize(-257, 0.5f, -128, 127, 0), -128);  // -128.5
  EXPECT_EQ(Requantize(INT32_MAX, 0x1p-60f, -128, 127, 3), 3);
}

TEST(Requantize, TheSumIsRoundedToBinary32First) {
  // 2^24 + 1 has 25 bits: to even, 2^24; the exact product would round to 3.
  const float m = 2.5000002f * 0x1p-24f;
  EXPECT_EQ(Requantize((1 << 24) + 1, 2.5f * 0x1p-24f, -128, 127, 0), 2);
  EXPECT_EQ(Requantize((1 << 24) + 3, 2.5f * 0x1p-24f, -128, 127, 0), 3);  // 2^24 + 4
  EXPECT_EQ(Requantize(1 << 24, m, -128, 127, 0), 3);
}

TEST(Requantize, AgreesWithExactIntegerArithmetic) {
  std::mt19937 random(3);
  for (int i = 0; i < 2000000; ++i) {
    const int shift = static_cast<int>(random() % 31);
    const auto acc = static_cast<int32_t>(random()) >> shift;
    const int exponent = static_cast<int>(random() % 40) - 36;
    const float m = std::ldexp(
        1.0f + static_cast<float>(random() % 256) / (i % 2 == 0 ? 256.0f : 255.0f), exponent);
    const int32_t zero = static_cast<int32_t>(random() % 256) - 128;
    ASSERT_EQ(Requantize(acc, m, -128, 127, zero), Judge(acc, m, -128, 127, zero))
        << acc << " * " << m;
  }
}

// Around every boundary between two outputs, for factors that make ties and that do not.
TEST(Requantize, EveryOutputBoundary) {
  for (const float m : {0.5f, 0.25f, 0.375f, 0.1f, 0.0078125f, 0.007874016f, 1.0f, 3.0f, 1e-5f}) {
    for (int32_t zero : {-128, -1, 0, 127}) {
      for (int32_t q = -130; q <= 130; ++q) {
        const auto middle =
            static_cast<int32_t>(std::floor((q - zero + 0.5) / static_cast<double>(m)));
        for (int32_t acc = middle - 2; acc <= middle + 2; ++acc) {
          ASSERT_EQ(Requantize(acc, m, -128, 127, zero), Judge(acc, m, -128, 127, zero))
              << acc << " * " << m;
        }
      }
    }
  }
}

TEST(Requantize, IsMonotone) {
  for (const float m : {0.01f, 0.5f, 0.7f}) {
    int32_t before = -128;
    for (int32_t acc = -30000; acc <= 30000; ++acc) {
      const int32_t q = Requantize(acc, m, -128, 127, 7);
      ASSERT_GE(q, before) << acc;
      before = q;
    }
    EXPECT_EQ(before, 127);
  }
}

TEST(RoundTiesToEven, EveryHalfUpToItsLimit) {
  for (int32_t n = -(1 << 22) + 1; n < (1 << 22); n += 7) {
    const float half = static_cast<float>(n) / 2.0f;  // |half| < 2^21: exact
    ASSERT_EQ(RoundTiesToEven(half), static_cast<float>(RoundShift(n, 1))) << half;
  }
}

TEST(Quantize, DividesOnceAndRoundsOnce) {
  EXPECT_EQ(Quantize(0.75f, 0.5f, 0, -128, 127), 2);
  EXPECT_EQ(Quantize(-0.75f, 0.5f, 0, -128, 127), -2);
  EXPECT_EQ(Quantize(0.25f, 0.5f, 10, -128, 127), 10);
  EXPECT_EQ(Quantize(1e38f, 1e-38f, 0, -128, 127), 127);  // the quotient is infinite
  EXPECT_EQ(Quantize(-1e38f, 1e-38f, 0, -128, 127), -128);
  EXPECT_EQ(Quantize(std::numeric_limits<float>::quiet_NaN(), 1.0f, -9, -128, 127), -9);
  // 0.1f / 0.3f is below a third; a multiplication by 1 / 0.3f would differ for some x.
  for (int32_t i = 0; i <= 30000; ++i) {
    const float x = static_cast<float>(i) * 0.001f;
    EXPECT_EQ(Quantize(x, 0.3f, -100, -128, 127), ClampRound(x / 0.3f, -128, 127, -100));
  }
}

TEST(Dequantize, IsExactForBytes) {
  for (int32_t q = -128; q <= 127; ++q) {
    EXPECT_EQ(Dequantize(q, 0.5f, 3), 0.5f * static_cast<float>(q - 3));
    EXPECT_EQ(Quantize(Dequantize(q, 0.37f, 3), 0.37f, 3, -128, 127), q);  // there and back
  }
}

// A8: what only picks or moves may be computed on real numbers instead.
TEST(Grid, SurvivesTheWayToRealNumbersAndBack) {
  struct Width {
    int32_t low, high;
  };
  std::mt19937 random(11);
  size_t compared = 0;
  for (const Width w : {Width{-128, 127}, Width{-32768, 32767}}) {
    for (int exponent = -100; exponent <= 100; exponent += 4) {
      const float mantissa = 1.0f + static_cast<float>(random() & 0x7fffff) * 0x1p-23f;
      const float scale = std::ldexp(mantissa, exponent);
      const int32_t span = w.high - w.low;
      const int32_t between = w.low + static_cast<int32_t>(random() % static_cast<uint32_t>(span));
      for (const int32_t zero : {w.low, 0, between, w.high}) {
        for (int32_t q = w.low; q <= w.high; ++q, ++compared) {
          ASSERT_EQ(Quantize(Dequantize(q, scale, zero), scale, zero, w.low, w.high), q)
              << "scale " << scale << " zero point " << zero;
        }
      }
    }
  }
  EXPECT_GT(compared, 10000000u);
}

}  // namespace
}  // namespace plumb::numerics
