// Max and average pooling, NHWC.
#pragma once

#include <cstddef>
#include <cstdint>

#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

// Window (kernel_h, kernel_w) over input [batch, in_h, in_w, channels] to [batch, out_h, out_w,
// channels]. Windows may hang over every edge (pads, ceil_mode). All sizes at least 1 but batch and
// channels, which may be 0.
struct PoolShape {
  int64_t batch = 1, in_h = 1, in_w = 1, out_h = 1, out_w = 1, channels = 1;
  int64_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int64_t dilation_h = 1, dilation_w = 1;
};

// The first greatest element in (kh, kw) order; NaN never wins; a window in the padding alone gives
// the least value of the type (minus infinity). T: float, uint8_t; int8_t: max_s8.h.
template <typename T>
void MaxPool(const PoolShape& shape, const T* input, T* output, void* scratch, ThreadPool& pool);
// The same result by plain loops; T may be int8_t too.
template <typename T>
void MaxPoolReference(const PoolShape& shape, const T* input, T* output);
// Bytes of scratch that MaxPool needs.
[[nodiscard]] size_t MaxPoolScratch(const PoolShape& shape, size_t element_size, int threads);

// Sum of the elements inside, one chain from +0 in (kh, kw) order in binary32, divided by their
// number; with count_include_pad by the number of window positions that lie on the input or its
// declared pads.
void AveragePool(const PoolShape& shape, bool count_include_pad, const float* input, float* output,
                 ThreadPool& pool);

}  // namespace plumb::kernels
