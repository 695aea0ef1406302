#include "plumb/verify/sample_layout.h"

#include <algorithm>
#include <cmath>

namespace plumb::verify {
namespace {

// Mean difference of values `lag` apart.
double Roughness(std::span<const float> values, size_t lag) {
  double sum = 0;
  for (size_t i = lag; i < values.size(); ++i) {
    sum += std::fabs(values[i] - values[i - lag]);
  }
  return sum / static_cast<double>(values.size() - lag);
}

}  // namespace

LayoutEvidence MeasureLayout(std::span<const float> values, int width, int height, int channels) {
  const auto w = static_cast<size_t>(width), h = static_cast<size_t>(height),
             c = static_cast<size_t>(channels);
  if (c < 2 || h < 2 || values.size() != c * w * h) {
    return {};
  }
  return {Roughness(values, w), Roughness(values, c * w)};
}

PixelLayout LayoutOf(const LayoutEvidence& evidence) {
  constexpr double kClearly = 0.7;
  return evidence.planar < kClearly * evidence.interleaved   ? PixelLayout::kPlanar
         : evidence.interleaved < kClearly * evidence.planar ? PixelLayout::kInterleaved
                                                             : PixelLayout::kUnknown;
}

double ValueSpan::Overlap(const artifact::PictureInput& input) const {
  double least = 0, most = 0;
  for (size_t c = 0; c < input.mean.size(); ++c) {
    const double a = (0.0 - input.mean[c]) / input.std[c],
                 b = (255.0 - input.mean[c]) / input.std[c];
    least = c == 0 ? a : std::min(least, a);
    most = c == 0 ? b : std::max(most, b);
  }
  const double both = std::min(most, high) - std::max(least, low);
  const double either = std::max(most, high) - std::min(least, low);
  return either > 0 ? std::max(0.0, both) / either : 0;
}

}  // namespace plumb::verify
