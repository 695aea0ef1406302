#include <algorithm>
#include <functional>

#include "plumb/kernels/resize/resize.h"

namespace plumb::kernels {

void ResizeAlongAxis(const ResizeTaps& taps, int64_t outer, int64_t inner, const float* input,
                     float* output, ThreadPool& pool) {
  if (outer * inner == 0) {
    return;
  }
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t i = at % taps.out;
      const float* block = input + at / taps.out * taps.in * inner;
      const int64_t* index = taps.index.data() + i * taps.taps;
      const float* weight = taps.weight.data() + i * taps.taps;
      float* out = output + at * inner;
      if (inner == 1) {
        float sum = block[index[0]] * weight[0];
        for (int64_t k = 1; k < taps.taps; ++k) {
          sum += block[index[k]] * weight[k];
        }
        *out = sum;
        continue;
      }
      if (taps.taps == 2) {
        const float* a = block + index[0] * inner;
        const float* b = block + index[1] * inner;
        const float wa = weight[0];
        const float wb = weight[1];
        for (int64_t c = 0; c < inner; ++c) {
          out[c] = a[c] * wa + b[c] * wb;
        }
        continue;
      }
      const float* first = block + index[0] * inner;
      for (int64_t c = 0; c < inner; ++c) {
        out[c] = first[c] * weight[0];
      }
      for (int64_t k = 1; k < taps.taps; ++k) {
        const float* x = block + index[k] * inner;
        const float w = weight[k];
        for (int64_t c = 0; c < inner; ++c) {
          out[c] += x[c] * w;
        }
      }
    }
  };
  pool.ParallelFor(outer * taps.out, std::max<int64_t>(1, 8192 / (inner * taps.taps)),
                   std::ref(part));
}

}  // namespace plumb::kernels
