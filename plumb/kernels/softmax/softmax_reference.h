// What the kernels of this family compute: the definition, in plain loops.
#pragma once

#include "plumb/kernels/softmax/softmax.h"
#include "plumb/numerics/elementary.h"
#include "plumb/numerics/simd_scalar.h"

namespace plumb::kernels {

// Element i is x[i * stride].
inline void SoftmaxReference(const float* x, float* y, int64_t n, int64_t stride,
                             SoftmaxForm form) {
  using numerics::scalar::F32;
  float largest = x[0];
  for (int64_t i = 1; i < n; ++i) {
    largest = x[i * stride] > largest ? x[i * stride] : largest;
  }
  float lanes[16] = {};
  for (int64_t i = 0; i < n; ++i) {
    lanes[i % 16] += numerics::Exp(F32{x[i * stride] - largest}).v;
  }
  for (int half = 8; half >= 1; half /= 2) {
    for (int j = 0; j < half; ++j) {
      lanes[j] += lanes[j + half];
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    const float shifted = x[i * stride] - largest;
    y[i * stride] = form == SoftmaxForm::kSoftmax ? numerics::Exp(F32{shifted}).v / lanes[0]
                                                  : shifted - numerics::Log(F32{lanes[0]}).v;
  }
}

}  // namespace plumb::kernels
