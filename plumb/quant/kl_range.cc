#include "plumb/quant/kl_range.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "plumb/numerics/requantize.h"
#include "plumb/numerics/simd_scalar.h"
// After the vector types that it works on.
#include "plumb/numerics/elementary.h"

namespace plumb::quant {
namespace {

float Log(float x) { return numerics::Log(numerics::scalar::F32::Set(x)).v; }

Range Within(const ValueStats& stats, float threshold) {
  return {std::max(stats.min, -threshold), std::min(stats.max, threshold)};
}

}  // namespace

double KlDivergence(const ValueStats& stats, float threshold) {
  const Range range = Within(stats, threshold);
  const Quantization grid = GridOf(range);
  const auto count = [&](int bin) {
    return static_cast<double>(stats.histogram[static_cast<size_t>(bin)]);
  };
  const auto inside = [&](int bin) {
    const float x = stats.BinCentre(bin);
    return count(bin) > 0 && x >= range.lo && x <= range.hi;
  };
  int first = 0, last = kHistogramBins - 1;
  double below = 0, above = 0;
  while (first < kHistogramBins && !inside(first)) {
    below += count(first++);
  }
  while (last > first && !inside(last)) {
    above += count(last--);
  }
  if (first == kHistogramBins) {
    return std::numeric_limits<double>::infinity();
  }
  // By integer of the grid: the sum of the counts that round to it, and how many bins they are.
  std::array<double, 256> sum{}, bins{};
  const auto level = [&](int bin) {
    return static_cast<size_t>(
        numerics::Quantize(stats.BinCentre(bin), grid.scale[0], grid.zero_point[0], -128, 127) +
        128);
  };
  double within = 0;
  for (int bin = first; bin <= last; ++bin) {
    if (count(bin) > 0) {
      sum[level(bin)] += count(bin);
      bins[level(bin)] += 1;
      within += count(bin);
    }
  }
  const double all = within + below + above;
  double divergence = 0;
  for (int bin = first; bin <= last; ++bin) {
    if (count(bin) > 0) {
      const double p = (count(bin) + (bin == first ? below : 0) + (bin == last ? above : 0)) / all;
      const double q = sum[level(bin)] / bins[level(bin)] / within;
      divergence += p * static_cast<double>(Log(static_cast<float>(p / q)));
    }
  }
  return divergence;
}

Range KlRange(const ValueStats& stats) {
  constexpr int kSteps = 256, kLeast = kSteps / 16;
  const float largest = std::max(std::fabs(stats.min), std::fabs(stats.max));
  float best = largest;
  double least = KlDivergence(stats, largest);
  for (int step = kSteps - 1; step >= kLeast; --step) {
    const float threshold = largest * (static_cast<float>(step) / static_cast<float>(kSteps));
    const double divergence = KlDivergence(stats, threshold);
    if (divergence < least) {
      least = divergence;
      best = threshold;
    }
  }
  return Within(stats, best);
}

}  // namespace plumb::quant
