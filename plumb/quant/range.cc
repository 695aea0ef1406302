#include "plumb/quant/range.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "plumb/numerics/requantize.h"
#include "plumb/quant/kl_range.h"

namespace plumb::quant {
namespace {

constexpr std::array<std::pair<Observer, std::string_view>, 5> kObservers = {
    {{Observer::kMinMax, "min-max"},
     {Observer::kPercentile, "percentile"},
     {Observer::kMse, "mse"},
     {Observer::kKl, "kl"},
     {Observer::kAuto, "auto"}}};

Range PercentileRange(const ValueStats& stats, double percentile) {
  const double tail = static_cast<double>(stats.count) * (100.0 - percentile) /
                      200.0;  // elements outside on each side
  const float width = (stats.max - stats.min) / static_cast<float>(kHistogramBins);
  double below = 0, above = 0;
  int low = 0, high = kHistogramBins - 1;
  while (low < high &&
         below + static_cast<double>(stats.histogram[static_cast<size_t>(low)]) <= tail) {
    below += static_cast<double>(stats.histogram[static_cast<size_t>(low++)]);
  }
  while (high > low &&
         above + static_cast<double>(stats.histogram[static_cast<size_t>(high)]) <= tail) {
    above += static_cast<double>(stats.histogram[static_cast<size_t>(high--)]);
  }
  return {stats.min + width * static_cast<float>(low),
          stats.min + width * static_cast<float>(high + 1)};
}

// Shrinks each end in turn as long as the error falls; ends below 1/5 of the range are not tried.
Range MseRange(const ValueStats& stats) {
  Range best{std::min(stats.min, 0.0f), std::max(stats.max, 0.0f)};
  double best_error = GridError(stats, GridOf(best));
  const Range whole = best;
  for (int round = 0; round < 2; ++round) {
    const Range start = best;
    for (int step = 1; step <= 40; ++step) {
      const float keep = 1.0f - 0.02f * static_cast<float>(step);
      for (const Range& candidate :
           {Range{whole.lo * keep, start.hi}, Range{start.lo, whole.hi * keep}}) {
        if (candidate.lo == candidate.hi) {
          continue;
        }
        const double error = GridError(stats, GridOf(candidate));
        if (error < best_error) {
          best_error = error;
          best = candidate;
        }
      }
    }
  }
  return best;
}

}  // namespace

std::string_view ObserverName(Observer observer) {
  for (const auto& [value, name] : kObservers) {
    if (value == observer) {
      return name;
    }
  }
  return "?";
}

Result<Observer> ObserverFromName(std::string_view wanted) {
  for (const auto& [value, name] : kObservers) {
    if (name == wanted) {
      return value;
    }
  }
  return UsageError("observer '", wanted,
                    "' is not known; expected min-max, percentile, mse, kl or auto");
}

Observer ObserverOf(const ValueStats& stats, const RangeOptions& options) {
  return options.observer == Observer::kAuto ? stats.chosen.value_or(Observer::kMinMax)
                                             : options.observer;
}

Range ChooseRange(const ValueStats& stats, const RangeOptions& options) {
  const Observer observer = ObserverOf(stats, options);
  if (stats.count == 0 || stats.histogram.empty() || observer == Observer::kMinMax) {
    return {stats.min, stats.max};
  }
  switch (observer) {
    case Observer::kPercentile:
      return PercentileRange(stats, options.percentile);
    case Observer::kKl:
      return KlRange(stats);
    default:
      return MseRange(stats);
  }
}

Quantization GridOf(Range range) {
  const float lo = std::min(range.lo, 0.0f);
  const float hi = std::max(range.hi, 0.0f);
  // Halved first: hi - lo of two large finite numbers could overflow.
  float scale = hi / 255.0f - lo / 255.0f;
  constexpr float kLeastScale = 0x1p-100f;
  if (lo == hi) {
    scale = 1.0f / 255.0f;
  }
  scale = std::max(scale, kLeastScale);
  const int32_t zero = numerics::ClampRound(-128.0f - lo / scale, -128, 127, 0);
  return {{scale}, {zero}, -1};
}

Quantization CentredGridOf(Range range) {
  constexpr float kLeastScale = 0x1p-100f;
  const float most = std::max(std::fabs(range.lo), std::fabs(range.hi));
  return {{std::max(most == 0 ? 1.0f / 32767.0f : most / 32767.0f, kLeastScale)}, {0}, -1};
}

Range ChooseRange16(const ValueStats& stats, const RangeOptions& options) {
  const Observer observer = ObserverOf(stats, options);
  return observer == Observer::kMse || observer == Observer::kKl ? Range{stats.min, stats.max}
                                                                 : ChooseRange(stats, options);
}

Quantization WidenedGrid(const Quantization& grid) {
  const float coarsest = *std::max_element(grid.scale.begin(), grid.scale.end());
  return {{std::max(coarsest / 128.0f, std::numeric_limits<float>::min())}, {0}, -1};
}

Quantization ChannelGridOf(const ValueStats& stats, float ratio, int rank, float headroom) {
  Quantization grid;
  grid.axis = rank - 1;
  float coarsest = 0;
  const float greatest = std::max(stats.max, 0.0f);
  for (size_t c = 0; c < stats.channel_min.size(); ++c) {
    const float lo = std::min(stats.channel_min[c], 0.0f);
    const float hi = std::max(stats.channel_max[c], 0.0f);
    coarsest = std::max(coarsest, hi / 255.0f - lo / 255.0f);
  }
  if (coarsest == 0) {
    return GridOf({0, 0});
  }
  for (size_t c = 0; c < stats.channel_min.size(); ++c) {
    const float lo = std::min(stats.channel_min[c], 0.0f);
    float hi = std::max(stats.channel_max[c], 0.0f);
    hi = std::max(hi, std::min(greatest, hi + headroom * (hi - lo)));
    const float least = coarsest / ratio * 255.0f;  // width of the finest range allowed
    // Widened evenly; a dead or nearly dead channel gets [0, least].
    const bool dead = hi - lo <= least * 1e-6f;
    const float grow = dead ? 1.0f : std::max(1.0f, least / (hi - lo));
    const Range wide = dead ? Range{0, least} : Range{lo * grow, hi * grow};
    const Quantization one = GridOf(wide);
    grid.scale.push_back(one.scale[0]);
    grid.zero_point.push_back(one.zero_point[0]);
  }
  return grid;
}

double GridError(const ValueStats& stats, const Quantization& grid) {
  double sum = 0;
  for (int bin = 0; bin < kHistogramBins; ++bin) {
    const uint64_t n = stats.histogram[static_cast<size_t>(bin)];
    if (n == 0) {
      continue;
    }
    const float x = stats.BinCentre(bin);
    const int32_t q = numerics::Quantize(x, grid.scale[0], grid.zero_point[0], -128, 127);
    const double error =
        static_cast<double>(x) - numerics::Dequantize(q, grid.scale[0], grid.zero_point[0]);
    sum += error * error * static_cast<double>(n);
  }
  return stats.count == 0 ? 0 : sum / static_cast<double>(stats.count);
}

}  // namespace plumb::quant
