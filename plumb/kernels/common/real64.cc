#include "plumb/kernels/common/real64.h"

#include <bit>
#include <cstdint>

namespace plumb::kernels {
namespace {

// ln 2 in two parts; multiples of the first up to 2^11 are exact.
constexpr double kLn2High = 0x1.62e42fefa38p-1;
constexpr double kLn2Low = 0x1.ef35793c7673p-45;

}  // namespace

// x = m * 2^e, m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh(f), f = (m - 1) / (m + 1), |f| <= 0.1716:
// an odd series, cut where it falls below 2^-58.
double Log64(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  int64_t e = static_cast<int64_t>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFull) | 0x3FF0000000000000ull);
  if (m > 1.41421356237309504880) {
    m *= 0.5;
    ++e;
  }
  const double f = (m - 1.0) / (m + 1.0);
  const double g = f * f;
  double p = 1.0 / 23.0;
  for (int k = 21; k >= 1; k -= 2) {
    p = p * g + 1.0 / static_cast<double>(k);
  }
  const auto n = static_cast<double>(e);
  return n * kLn2High + (n * kLn2Low + 2.0 * f * p);
}

// t = k ln 2 + r, |r| <= 0.35; Taylor series to r^14.
double Exp64(double t) {
  const double scaled = t * 1.44269504088896340736;
  const auto k = static_cast<int64_t>(
      scaled + (scaled < 0 ? -0.5 : 0.5));  // cut after adding a half: the nearest
  const auto n = static_cast<double>(k);
  const double r = (t - n * kLn2High) - n * kLn2Low;
  double p = 1.0;
  for (int i = 14; i >= 1; --i) {
    p = 1.0 + r * p / static_cast<double>(i);
  }
  return p * std::bit_cast<double>(static_cast<uint64_t>(k + 1023) << 52);
}

}  // namespace plumb::kernels
