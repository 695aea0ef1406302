// The loops over the vector types of numerics/simd.h. Included by kernel files only: each
// instantiates them with a type of its own.
#pragma once

#include "plumb/kernels/softmax/softmax.h"
#include "plumb/numerics/elementary.h"

namespace plumb::kernels {

template <typename V>
struct SoftmaxLoops {
  static constexpr int kSumLanes = 16;

  static V Load(const float* p, int part) {
    return part == V::kLanes ? V::Load(p) : V::LoadPart(p, part);
  }
  static void Store(V v, float* p, int part) {
    if (part == V::kLanes) {
      v.Store(p);
    } else {
      v.StorePart(p, part);
    }
  }

  static V Last(V e_or_shifted, V sum_or_log, SoftmaxForm form) {
    return form == SoftmaxForm::kSoftmax ? e_or_shifted / sum_or_log : e_or_shifted - sum_or_log;
  }

  static float Largest(const float* x, int64_t n) {
    float largest = x[0];
    int64_t i = 0;
    if (n >= V::kLanes) {
      V most = V::Load(x);
      for (i = V::kLanes; i + V::kLanes <= n; i += V::kLanes) {
        most = Max(V::Load(x + i), most);
      }
      float lanes[V::kLanes];
      most.Store(lanes);
      for (float lane : lanes) {
        largest = lane > largest ? lane : largest;
      }
    }
    for (; i < n; ++i) {
      largest = x[i] > largest ? x[i] : largest;
    }
    return largest;
  }

  static void Row(const float* x, float* y, int64_t n, SoftmaxForm form) {
    constexpr int kVectors = kSumLanes / V::kLanes;
    const V largest = V::Set(Largest(x, n));
    V sums[kVectors];
    for (V& sum : sums) {
      sum = V::Set(0.0f);
    }
    for (int64_t i = 0; i < n; i += kSumLanes) {
      for (int v = 0; v < kVectors; ++v) {
        const int64_t at = i + v * V::kLanes;
        if (at >= n) {
          break;
        }
        const int part = n - at < V::kLanes ? static_cast<int>(n - at) : V::kLanes;
        const V shifted = Load(x + at, part) - largest;
        V e = numerics::Exp(shifted);
        if (part < V::kLanes) {  // a lane that gets +0 keeps its bits: sums are not negative
          float kept[V::kLanes];
          e.Store(kept);
          e = V::LoadPart(kept, part);
        }
        sums[v] = sums[v] + e;
        Store(form == SoftmaxForm::kSoftmax ? e : shifted, y + at, part);
      }
    }
    float lanes[kSumLanes];
    for (int v = 0; v < kVectors; ++v) {
      sums[v].Store(lanes + v * V::kLanes);
    }
    for (int half = kSumLanes / 2; half >= 1; half /= 2) {
      for (int j = 0; j < half; ++j) {
        lanes[j] += lanes[j + half];
      }
    }
    const V sum = V::Set(lanes[0]);
    const V divisor = form == SoftmaxForm::kSoftmax ? sum : numerics::Log(sum);
    for (int64_t i = 0; i < n; i += V::kLanes) {
      const int part = n - i < V::kLanes ? static_cast<int>(n - i) : V::kLanes;
      Store(Last(Load(y + i, part), divisor, form), y + i, part);
    }
  }

  // One vector of sequences.
  static void Column(const float* x, float* y, int64_t n, int64_t stride, int part,
                     SoftmaxForm form) {
    V largest = Load(x, part);
    for (int64_t i = 1; i < n; ++i) {
      largest = Max(Load(x + i * stride, part), largest);
    }
    V sums[kSumLanes];
    for (V& sum : sums) {
      sum = V::Set(0.0f);
    }
    for (int64_t i = 0; i < n; ++i) {
      const V shifted = Load(x + i * stride, part) - largest;
      const V e = numerics::Exp(shifted);
      sums[i % kSumLanes] = sums[i % kSumLanes] + e;
      Store(form == SoftmaxForm::kSoftmax ? e : shifted, y + i * stride, part);
    }
    for (int half = kSumLanes / 2; half >= 1; half /= 2) {
      for (int j = 0; j < half; ++j) {
        sums[j] = sums[j] + sums[j + half];
      }
    }
    const V divisor = form == SoftmaxForm::kSoftmax ? sums[0] : numerics::Log(sums[0]);
    for (int64_t i = 0; i < n; ++i) {
      Store(Last(Load(y + i * stride, part), divisor, form), y + i * stride, part);
    }
  }

  static void Columns(const float* x, float* y, int64_t n, int64_t stride, int64_t count,
                      SoftmaxForm form) {
    for (int64_t j = 0; j < count; j += V::kLanes) {
      const int part = count - j < V::kLanes ? static_cast<int>(count - j) : V::kLanes;
      Column(x + j, y + j, n, stride, part, form);
    }
  }
};

}  // namespace plumb::kernels
