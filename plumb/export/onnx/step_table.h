// A function of one binary32 number, rounded to 8 bits, is a staircase: it changes at a few hundred
// numbers and is constant between them. Found exactly here, it can be computed by comparisons alone,
// with the same bits as the function that it came from.
//
//   bin = trunc(clamp(t * factor + offset, 0, bins - 1))     binary32, each operation rounded
//   y   = values[bin][number of thresholds of the bin that t reaches]
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "plumb/base/status.h"

namespace plumb::exporting {

// out[i] = f(in[i]).
using FloatFunction = std::function<Status(std::span<const float> in, std::span<float> out)>;

// y = Quantize(f(t), scale, zero_point, -128, 127) of every t that can occur: float(acc) * m for the
// integers acc and the factors m of the channels, up to |t| <= largest. |f(a) - f(b)| <= slope *
// |a - b| of the function in real numbers, and f in binary32 lies within 2^-20 of it, relatively.
struct Staircase {
  float scale = 1;
  int32_t zero_point = 0;
  std::vector<float> factors;  // positive
  float largest = 0;           // at least the largest factor
  float slope = 2;
};

// From t = `from` on, up to the next step's, the result is `value`.
struct Step {
  float from;
  int8_t value;
};

// Every step, ascending; the first one's `from` is -largest. Where f hesitates for a few numbers
// around a threshold (its last bits are not monotonic), only the steps that some t lands on are kept.
[[nodiscard]] Result<std::vector<Step>> FindSteps(const FloatFunction& f, const Staircase& stairs);

// Staircases of all channels, or of one that serves all, in tables of one size.
struct StepTable {
  int32_t channels = 1;
  int32_t bins = 1;
  int32_t thresholds_per_bin = 1;
  std::vector<float> factor, offset;  // [channels]
  std::vector<std::vector<float>>
      thresholds;              // [thresholds_per_bin][channels * bins]; unused: +Inf
  std::vector<int8_t> values;  // [channels * bins * (thresholds_per_bin + 1)]

  [[nodiscard]] int8_t Look(int32_t channel, float t) const;
};

// The cheapest of the sizes that hold all steps, with at most eight thresholds a bin; an error when
// there is none.
[[nodiscard]] Result<StepTable> MakeStepTable(const std::vector<std::vector<Step>>& steps);

}  // namespace plumb::exporting
