#include "plumb/numerics/scalar_functions.h"

#include <bit>
#include <cmath>
#include <cstdint>

namespace plumb::numerics {
namespace {

constexpr double kPi = 0x1.921fb54442d18p+1;
constexpr double kLn2High =
    0x1.62e42fee00000p-1;  // 33 bits: its product with any exponent is exact
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

float QuietNaN() { return std::bit_cast<float>(0x7fc00000u); }
float Infinity() { return std::bit_cast<float>(0x7f800000u); }
bool IsInfinite(float x) { return x == Infinity() || x == -Infinity(); }

// The nearest integer, ties to even, of |x| < 2^51, by adding and subtracting 1.5 * 2^52.
double Round(double x) { return (x + 0x1.8p52) - 0x1.8p52; }

double PowerOfTwo(int64_t n) {  // n within [-1022, 1023]
  return std::bit_cast<double>(static_cast<uint64_t>(n + 1023) << 52);
}

// exp(x), relative error below 2^-48; x is clamped to [-700, 700], beyond binary32 either way.
double ExpOf(double x) {
  x = x > 700.0 ? 700.0 : (x < -700.0 ? -700.0 : x);
  const double n = Round(x * 0x1.71547652b82fep+0);
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double term = 1.0;  // Taylor: |r| <= 0.347, the term after r^13 is below 2^-57
  for (int i = 13; i >= 1; --i) {
    term = 1.0 + r * term / i;
  }
  return term * PowerOfTwo(static_cast<int64_t>(n));
}

// log(x) for a positive, normal binary64; relative error below 2^-48 for x that is at least 2^-26
// away from 1 or exactly representable in binary32.
double LogOf(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  int64_t k = static_cast<int64_t>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
  if (m > 0x1.6a09e667f3bcdp+0) {
    m *= 0.5;
    ++k;
  }
  const double s = (m - 1.0) / (m + 1.0);  // |s| <= 0.172; log(m) = 2 atanh(s)
  const double z = s * s;
  double sum = 0.0;
  for (int i = 23; i >= 3; i -= 2) {
    sum = (sum + 1.0 / i) * z;
  }
  const double log_m = 2.0 * s + 2.0 * s * sum;
  const double n = static_cast<double>(k);
  return n * kLn2High + (log_m + n * kLn2Low);
}

// atan(x) for x >= 0 in binary64: one of five centres, then a short series.
double AtanOf(double x) {
  constexpr double kAtan[] = {0.0, 0.24497866312686415, 0.46364760900080612, 0.64350110879328437,
                              0.78539816339744831};  // of 0, 1/4, 1/2, 3/4, 1
  const bool large = x > 1.0;
  const double y = large ? 1.0 / x : x;
  const int i = static_cast<int>(y * 4.0 + 0.5);
  const double c = 0.25 * i;
  const double t = (y - c) / (1.0 + y * c);  // |t| <= 1/8
  const double z = t * t;
  double sum = 0.0;
  for (int k = 17; k >= 3; k -= 2) {
    sum = ((k % 4 == 1 ? 1.0 / k : -1.0 / k) + sum) * z;
  }
  const double result = kAtan[i] + (t + t * sum);
  return large ? kPi / 2 - result : result;
}

// x = (n + f) * pi/2 with |f| <= 1/2 (about), from 2/pi kept to 224 bits: the product of the 24-bit
// significand with the 96 bits that matter is exact, so no argument is too large. Returns f * pi/2;
// quadrant is n modulo 4. x finite.
double ReduceHalfPi(float x, int& quadrant) {
  constexpr uint32_t kTwoOverPi[] = {0,           0,           0xa2f9836eu,
                                     0x4e441529u, 0xfc2757d1u, 0xf534ddc0u,
                                     0xdb629599u, 0x3c439041u, 0xfe5163abu};
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  const int exponent = static_cast<int>((bits >> 23) & 0xff);
  if (exponent < 126) {  // |x| < 1/2
    quadrant = 0;
    return x;
  }
  // |x| = significand * 2^(exponent - 150); two words of zeros stand before the point of 2/pi.
  const uint64_t significand = (bits & 0x7fffffu) | 0x800000u;
  const int shift = exponent - 150 + 62;  // bits of (0.2/pi with its 64 leading zeros) to pass over
  const int word = shift / 32;
  const int bit = shift % 32;
  uint32_t window[3];
  for (int i = 0; i < 3; ++i) {
    const uint64_t pair =
        (static_cast<uint64_t>(kTwoOverPi[word + i]) << 32) | kTwoOverPi[word + i + 1];
    window[i] = static_cast<uint32_t>(pair >> (32 - bit));
  }
  // The window's point stands after two bits of its first word: multiples of 4 have been dropped.
  const uint64_t low = significand * window[2];
  const uint64_t middle = significand * window[1] + (low >> 32);
  const uint64_t high = significand * window[0] + (middle >> 32);
  const uint64_t fixed = (high << 32) | (middle & 0xffffffffu);  // modulo 4, 62 bits of fraction
  const uint64_t rounded = fixed + (uint64_t{1} << 61);
  quadrant = static_cast<int>(rounded >> 62);
  const auto fraction = static_cast<int64_t>(fixed - (static_cast<uint64_t>(quadrant) << 62));
  double f = static_cast<double>(fraction) * 0x1p-62 * (kPi / 2);
  if (x < 0.0f) {
    f = -f;
    quadrant = (4 - quadrant) & 3;
  }
  return f;
}

double SinSeries(double r) {  // |r| <= pi/4
  const double z = r * r;
  double sum = 1.0;
  for (int i = 16; i >= 2; i -= 2) {
    sum = 1.0 - z * sum / (i * (i + 1));
  }
  return r * sum;
}

double CosSeries(double r) {
  const double z = r * r;
  double sum = 1.0;
  for (int i = 17; i >= 1; i -= 2) {
    sum = 1.0 - z * sum / (i * (i + 1));
  }
  return sum;
}

double SinQuadrant(double r, int quadrant) {
  const double value = (quadrant & 1) != 0 ? CosSeries(r) : SinSeries(r);
  return (quadrant & 2) != 0 ? -value : value;
}

// asin(x) for |x| <= 1: x and (1 - x)(1 + x) are exact or rounded once, sqrt is an IEEE operation.
double AsinOf(double x) {
  const double a = x < 0.0 ? -x : x;
  const double cosine = std::sqrt((1.0 - a) * (1.0 + a));
  const double y = cosine == 0.0 ? kPi / 2 : AtanOf(a / cosine);
  return x < 0.0 ? -y : y;
}

float WithSign(double magnitude, float sign) {
  const auto y = static_cast<float>(magnitude);
  return std::bit_cast<float>((std::bit_cast<uint32_t>(y) & 0x7fffffffu) |
                              (std::bit_cast<uint32_t>(sign) & 0x80000000u));
}

bool IsOddInteger(double y) {  // y of binary32
  if (y >= 0x1p24 || y <= -0x1p24) {
    return false;
  }
  const auto i = static_cast<int64_t>(y);
  return static_cast<double>(i) == y && (i & 1) != 0;
}

bool IsInteger(double y) {
  return y >= 0x1p24 || y <= -0x1p24 || static_cast<double>(static_cast<int64_t>(y)) == y;
}

}  // namespace

float Sin(float x) {
  if (x != x || IsInfinite(x)) {
    return QuietNaN();
  }
  if (x == 0.0f) {
    return x;
  }
  int quadrant = 0;
  const double r = ReduceHalfPi(x, quadrant);
  return static_cast<float>(SinQuadrant(r, quadrant));
}

float Cos(float x) {
  if (x != x || IsInfinite(x)) {
    return QuietNaN();
  }
  int quadrant = 0;
  const double r = ReduceHalfPi(x, quadrant);
  return static_cast<float>(SinQuadrant(r, quadrant + 1));
}

float Tan(float x) {
  if (x != x || IsInfinite(x)) {
    return QuietNaN();
  }
  if (x == 0.0f) {
    return x;
  }
  int quadrant = 0;
  const double r = ReduceHalfPi(x, quadrant);
  return static_cast<float>(SinQuadrant(r, quadrant) / SinQuadrant(r, quadrant + 1));
}

float Asin(float x) { return x >= -1.0f && x <= 1.0f ? WithSign(AsinOf(x), x) : QuietNaN(); }

float Acos(float x) {
  if (!(x >= -1.0f && x <= 1.0f)) {
    return QuietNaN();
  }
  if (x == -1.0f) {
    return static_cast<float>(kPi);
  }
  const double d = x;  // tan(acos(x) / 2)^2 = (1 - x) / (1 + x)
  return static_cast<float>(2.0 * AtanOf(std::sqrt((1.0 - d) / (1.0 + d))));
}

float Atan(float x) {
  if (x != x) {
    return QuietNaN();
  }
  const double d = x;
  return WithSign(IsInfinite(x) ? kPi / 2 : AtanOf(d < 0.0 ? -d : d), x);
}

float Sinh(float x) {
  if (x != x) {
    return QuietNaN();
  }
  const double d = x < 0.0f ? -static_cast<double>(x) : x;
  if (d < 0.125) {
    const double z = d * d;
    return WithSign(d + d * z * (1.0 / 6 + z * (1.0 / 120 + z * (1.0 / 5040 + z / 362880))), x);
  }
  const double e = ExpOf(d);
  return WithSign(0.5 * (e - 1.0 / e), x);
}

float Cosh(float x) {
  if (x != x) {
    return QuietNaN();
  }
  const double e = ExpOf(x < 0.0f ? -static_cast<double>(x) : x);
  return static_cast<float>(0.5 * (e + 1.0 / e));
}

float Asinh(float x) {
  if (x != x) {
    return QuietNaN();
  }
  if (IsInfinite(x)) {
    return x;
  }
  const double d = x < 0.0f ? -static_cast<double>(x) : x;
  if (d < 0x1p-7) {
    const double z = d * d;
    return WithSign(d - d * z * (1.0 / 6 - z * (3.0 / 40 - z * (15.0 / 336 - z * 105.0 / 3456))),
                    x);
  }
  return WithSign(LogOf(d + std::sqrt(d * d + 1.0)), x);
}

float Acosh(float x) {
  if (!(x >= 1.0f)) {
    return QuietNaN();
  }
  if (IsInfinite(x)) {
    return x;
  }
  const double d = x;
  return static_cast<float>(LogOf(d + std::sqrt((d - 1.0) * (d + 1.0))));
}

float Atanh(float x) {
  const double d = x < 0.0f ? -static_cast<double>(x) : x;
  if (!(d <= 1.0)) {
    return QuietNaN();
  }
  if (d == 1.0) {
    return WithSign(Infinity(), x);
  }
  if (d < 0x1p-7) {
    const double z = d * d;
    return WithSign(d + d * z * (1.0 / 3 + z * (1.0 / 5 + z * (1.0 / 7 + z / 9))), x);
  }
  return WithSign(0.5 * LogOf((1.0 + d) / (1.0 - d)), x);
}

float Pow(float x, float y) {
  if (y == 0.0f || x == 1.0f) {
    return 1.0f;
  }
  if (x != x || y != y) {
    return QuietNaN();
  }
  const double base = x < 0.0f ? -static_cast<double>(x) : x;
  const bool negative = std::bit_cast<uint32_t>(x) >> 31 != 0 && !IsInfinite(y) && IsOddInteger(y);
  const float sign = negative ? -1.0f : 1.0f;
  if (IsInfinite(y)) {
    if (base == 1.0) {
      return 1.0f;
    }
    return (base > 1.0) == (y > 0.0f) ? Infinity() : 0.0f;
  }
  if (base == 0.0) {
    return WithSign(y < 0.0f ? Infinity() : 0.0f, sign);
  }
  if (IsInfinite(x)) {
    return WithSign(y < 0.0f ? 0.0f : Infinity(), sign);
  }
  if (x < 0.0f && !IsInteger(y)) {
    return QuietNaN();
  }
  if (y == 2.0f) {  // exact before the one rounding; networks square often
    return static_cast<float>(base * base);
  }
  return WithSign(ExpOf(static_cast<double>(y) * LogOf(base)), sign);
}

// Subtracting y * 2^k while it fits: every step is exact. At most 277 steps for binary32.
float FMod(float x, float y) {
  if (x != x || y != y || IsInfinite(x) || y == 0.0f) {
    return QuietNaN();
  }
  if (IsInfinite(y)) {
    return x;
  }
  double rest = x < 0.0f ? -static_cast<double>(x) : x;
  const double step = y < 0.0f ? -static_cast<double>(y) : y;
  double scaled = step;
  while (scaled <= rest) {
    scaled *= 2.0;
  }
  while (scaled > step) {
    scaled *= 0.5;
    if (rest >= scaled) {
      rest -= scaled;
    }
  }
  return WithSign(rest, x);
}

float FloorMod(float x, float y) {
  const float rest = FMod(x, y);
  if (rest == 0.0f || rest != rest || (rest < 0.0f) == (y < 0.0f)) {
    return rest;
  }
  return rest + y;
}

}  // namespace plumb::numerics
