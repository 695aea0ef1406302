// From observed values to the grid of an integer tensor.
#pragma once

#include <functional>
#include <string_view>

#include "plumb/base/quantization.h"
#include "plumb/base/status.h"
#include "plumb/quant/observe.h"

namespace plumb::quant {

[[nodiscard]] std::string_view ObserverName(
    Observer observer);  // "min-max", "percentile", "mse", "kl", "auto"
[[nodiscard]] Result<Observer> ObserverFromName(std::string_view name);

struct Range {
  float lo = 0, hi = 0;
  bool operator==(const Range&) const = default;
};

struct RangeOptions {
  Observer observer = Observer::kMinMax;
  double percentile = 99.999;  // share of elements inside, in percent
};

// What decides for this tensor: the observer, or what kAuto came to for it (min-max where it was not asked).
[[nodiscard]] Observer ObserverOf(const ValueStats& stats, const RangeOptions& options);

[[nodiscard]] Range ChooseRange(const ValueStats& stats, const RangeOptions& options);

// The int8 grid [-128, 127] that covers [min(lo, 0), max(hi, 0)]: scale = (hi - lo) / 255, zero_point = the step nearest to
// real zero, so that zero lies on the grid. A range of zero width gets scale 1/255.
[[nodiscard]] Quantization GridOf(Range range);

// The int16 grid that covers [lo, hi]: zero point 0, scale = max(|lo|, |hi|) / 32767. A range of zero width gets scale
// 1/32767.
[[nodiscard]] Quantization CentredGridOf(Range range);
// The range for it: as ChooseRange, but kMse and kKl take the whole range, since 65536 steps lose least when nothing is cut
// off.
[[nodiscard]] Range ChooseRange16(const ValueStats& stats, const RangeOptions& options);
// The int16 grid, per tensor, on which every point of an int8 grid per tensor lies: zero point 0, scale / 128, since
// |q - zero point| <= 255. Of a grid with scales for channels it is the one of the coarsest: the others' points are met
// within half of its steps.
[[nodiscard]] Quantization WidenedGrid(const Quantization& grid);

// One scale and zero point a channel (axis: the last one, `rank` - 1), none finer than 1/ratio of the coarsest. `ratio` 1
// gives equal scales; the result is then per tensor.
// `headroom`: how far a channel's upper end goes towards the greatest of all channels, as a share of its own width.
[[nodiscard]] Quantization ChannelGridOf(const ValueStats& stats, float ratio, int rank,
                                         float headroom);

// Mean squared error that the per-tensor grid leaves on the histogram's values: the mean of
// (x - dequantize(quantize(x)))^2.
[[nodiscard]] double GridError(const ValueStats& stats, const Quantization& grid);

}  // namespace plumb::quant
