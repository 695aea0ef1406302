// The range of a tensor that loses the least information when it is rounded to 8 bits.
#pragma once

#include "plumb/quant/range.h"

namespace plumb::quant {

// Entropy calibration: S. Migacz, "8-bit Inference with TensorRT", GPU Technology Conference 2017, which is what the
// field means by KL calibration. For a threshold t let the bins inside be those with |x| <= t, and
//   P: their counts, what lies outside on a side added to the outermost one inside that is not empty
//   Q: their counts without that, after rounding onto the grid of the range: the bins that round to one integer share
//      their sum equally, empty ones left out
//   KL(P || Q) = sum over the bins of P log(P / Q), P and Q each divided by its sum
// The threshold with the least divergence is taken, the largest one of equals. Differences from the source: the grid is the
// asymmetric one of int8 (256 steps over [max(min, -t), min(max, t)], zero on the grid) in place of 128 steps of |x|, and
// thresholds are the multiples of 1/256 of the largest |x| from 1/16 on.
// Needs a histogram that is not empty.
[[nodiscard]] Range KlRange(const ValueStats& stats);

// KL(P || Q) of the range [max(min, -t), min(max, t)]; infinite when nothing lies inside.
[[nodiscard]] double KlDivergence(const ValueStats& stats, float threshold);

}  // namespace plumb::quant
