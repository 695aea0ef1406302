#include <algorithm>
#include <cmath>

#include "plumb/numerics/simd_scalar.h"
// After the vector types that it works on.
#include "plumb/numerics/elementary.h"
#include "plumb/vision/decode_level.h"

namespace plumb::vision {

float Exp(float x) { return numerics::Exp(numerics::scalar::F32::Set(x)).v; }
float Sigmoid(float x) { return numerics::Sigmoid(numerics::scalar::F32::Set(x)).v; }

float SurelyBelow(float threshold, bool activated) {
  if (activated || !(threshold > 0.0F)) {
    return activated ? threshold : -INFINITY;
  }
  // The margin is far above the error of Sigmoid; near 1, where it would not be, a lower threshold.
  const double t = std::min(static_cast<double>(threshold), 0.99);
  return static_cast<float>(std::log(t / (1.0 - t)) - 1e-3);
}

}  // namespace plumb::vision
