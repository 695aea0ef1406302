#include "plumb/verify/closeness.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace plumb::verify {

void Closeness::Add(float reference, float other_value) {
  const double a = reference, b = other_value;
  if (!std::isfinite(a) || !std::isfinite(b)) {
    if (!(a == b || (std::isnan(a) && std::isnan(b)))) {
      largest = std::numeric_limits<double>::infinity();
      noise = std::numeric_limits<double>::infinity();
    }
    return;
  }
  signal += a * a;
  noise += (a - b) * (a - b);
  dot += a * b;
  other += b * b;
  largest = std::max(largest, std::fabs(a - b));
  low = count == 0 ? a : std::min(low, a);
  high = count == 0 ? a : std::max(high, a);
  ++count;
}

void Closeness::Add(std::span<const float> reference, std::span<const float> other_values) {
  const size_t n = std::min(reference.size(), other_values.size());
  for (size_t i = 0; i < n; ++i) {
    Add(reference[i], other_values[i]);
  }
}

double Closeness::Sqnr() const {
  if (noise == 0) {
    return kExactSqnr;
  }
  return signal == 0 || std::isinf(noise) ? 0
                                          : std::min(kExactSqnr, 10 * std::log10(signal / noise));
}

double Closeness::Cosine() const {
  if (signal == 0 && other == 0) {
    return 1;
  }
  return signal == 0 || other == 0 ? 0 : dot / std::sqrt(signal * other);
}

double Closeness::RelativeError() const { return largest / std::max(high - low, 0.01); }

}  // namespace plumb::verify
