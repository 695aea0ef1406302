// The tables: where each output position comes from, and with which weights.
#include <algorithm>
#include <cmath>

#include "plumb/kernels/resize/resize.h"

namespace plumb::kernels {
namespace {

// Exact in binary32 for the sizes that occur; no rounding mode is involved.
int64_t Floor(float x) { return static_cast<int64_t>(std::floor(x)); }

double CubicWeight(double distance, double a) {
  const double d = std::fabs(distance);
  if (d < 1.0) {
    return ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0;
  }
  if (d < 2.0) {
    return ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a;
  }
  return 0.0;
}

double LinearWeight(double distance) { return std::max(0.0, 1.0 - std::fabs(distance)); }

}  // namespace

float SourceCoordinate(const ResizeAxis& axis, CoordinateMode mode, int64_t x) {
  const auto at = static_cast<float>(x);
  const auto in = static_cast<float>(axis.in);
  const auto out = static_cast<float>(axis.out);
  switch (mode) {
    case CoordinateMode::kHalfPixel:
      return (at + 0.5f) / axis.scale - 0.5f;
    case CoordinateMode::kHalfPixelSymmetric: {
      // The output may have been rounded down: the part that is left out is split between both
      // ends.
      const float adjustment = out / (axis.scale * in);
      const float center = in / 2.0f;
      const float offset = center * (1.0f - adjustment);
      return offset + (at + 0.5f) / axis.scale - 0.5f;
    }
    case CoordinateMode::kPytorchHalfPixel:
      return axis.out > 1 ? (at + 0.5f) / axis.scale - 0.5f : 0.0f;
    case CoordinateMode::kAlignCorners:
      return axis.out > 1 ? at * (in - 1.0f) / (out - 1.0f) : 0.0f;
    case CoordinateMode::kAsymmetric:
      return at / axis.scale;
    case CoordinateMode::kTfCropAndResize:
      return axis.out > 1 ? axis.roi_start * (in - 1.0f) +
                                at * (axis.roi_end - axis.roi_start) * (in - 1.0f) / (out - 1.0f)
                          : 0.5f * (axis.roi_start + axis.roi_end) * (in - 1.0f);
  }
  return 0.0f;
}

namespace {

// Coordinates far outside, infinite or NaN (hostile scales) are brought near the axis before
// anything is made of them.
float Tame(float x, int64_t in) {
  const auto limit = static_cast<float>(in) + 8.0f;
  return x > limit ? limit : (x >= -8.0f ? x : -8.0f);
}

bool Outside(const ResizeAxis& axis, CoordinateMode mode, float x) {
  return mode == CoordinateMode::kTfCropAndResize &&
         !(x >= 0.0f && x <= static_cast<float>(axis.in - 1));
}

}  // namespace

std::vector<int64_t> NearestMap(const ResizeAxis& axis, CoordinateMode mode, NearestMode nearest) {
  std::vector<int64_t> map(static_cast<size_t>(axis.out));
  for (size_t i = 0; i < map.size(); ++i) {
    const float source = SourceCoordinate(axis, mode, static_cast<int64_t>(i));
    if (Outside(axis, mode, source)) {
      map[i] = -1;
      continue;
    }
    if (axis.scale == 1.0f && axis.in == axis.out && mode != CoordinateMode::kTfCropAndResize) {
      map[i] = static_cast<int64_t>(i);
      continue;
    }
    const float x = Tame(source, axis.in);
    int64_t at = 0;
    switch (nearest) {
      case NearestMode::kFloor:
        at = Floor(x);
        break;
      case NearestMode::kCeil:
        at = -Floor(-x);
        break;
      case NearestMode::kRoundPreferFloor:
        at = x == static_cast<float>(Floor(x)) + 0.5f ? Floor(x) : Floor(x + 0.5f);
        break;
      case NearestMode::kRoundPreferCeil:
        at = Floor(x + 0.5f);
        break;
    }
    map[i] = std::clamp<int64_t>(at, 0, axis.in - 1);
  }
  return map;
}

ResizeTaps MakeResizeTaps(const ResizeAxis& axis, const InterpolationOptions& options) {
  ResizeTaps table;
  table.in = axis.in;
  table.out = axis.out;
  const bool cubic = options.kind == Interpolation::kCubic;
  // Antialiasing widens the filter when shrinking.
  const double shrink =
      options.antialias && axis.scale < 1.0f ? static_cast<double>(axis.scale) : 1.0;
  const double radius = std::min((cubic ? 2.0 : 1.0) / shrink, static_cast<double>(axis.in) + 8.0);
  const auto reach = static_cast<int64_t>(std::ceil(radius));
  table.taps = 2 * reach;
  table.index.reserve(static_cast<size_t>(axis.out * table.taps));
  table.weight.reserve(static_cast<size_t>(axis.out * table.taps));
  std::vector<double> weights(static_cast<size_t>(table.taps));
  bool any_outside = false;
  for (int64_t i = 0; i < axis.out; ++i) {
    const float source = SourceCoordinate(axis, options.mode, i);
    const bool outside = Outside(axis, options.mode, source);
    table.outside.push_back(outside ? 1 : 0);
    any_outside = any_outside || outside;
    const float x = Tame(source, axis.in);
    const int64_t first = Floor(x) - reach + 1;
    double sum = 0.0;
    for (int64_t k = 0; k < table.taps; ++k) {
      const int64_t at = first + k;
      const double distance = (static_cast<double>(x) - static_cast<double>(at)) * shrink;
      double w = cubic ? CubicWeight(distance, static_cast<double>(options.cubic_a))
                       : LinearWeight(distance);
      if (options.exclude_outside && (at < 0 || at >= axis.in)) {
        w = 0.0;
      }
      weights[static_cast<size_t>(k)] = w;
      sum += w;
    }
    const bool normalize = (options.exclude_outside || shrink != 1.0) && sum != 0.0;
    for (int64_t k = 0; k < table.taps; ++k) {
      const double w = weights[static_cast<size_t>(k)];
      table.index.push_back(std::clamp<int64_t>(first + k, 0, axis.in - 1));
      table.weight.push_back(static_cast<float>(normalize ? w / sum : w));
    }
  }
  if (!any_outside) {
    table.outside.clear();
  }
  return table;
}

}  // namespace plumb::kernels
