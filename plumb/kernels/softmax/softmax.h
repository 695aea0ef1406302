// softmax and log_softmax of binary32 along one axis.
//
// Definition (softmax_reference.h), for the n elements x[0..n) along the axis, with m the largest:
//   e[i] = Exp(x[i] - m)
//   s    = element i added to lane i mod 16, each lane in order from +0; then lanes j and j + 8, j
//   + 4, j + 2, j + 1 softmax y[i] = e[i] / s;  log_softmax y[i] = (x[i] - m) - Log(s)
// every operation rounded once. So the result depends on no vector width and no number of threads.
// A NaN, or an infinite m, makes the n results NaN.
#pragma once

#include <cstdint>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

enum class SoftmaxForm { kSoftmax, kLogSoftmax };

struct SoftmaxKernel {
  const char* name;
  Isa isa;
  // One sequence of n neighbouring elements, n >= 1.
  void (*row)(const float* x, float* y, int64_t n, SoftmaxForm form);
  // `count` sequences side by side: element i of sequence j is x[i * stride + j].
  void (*columns)(const float* x, float* y, int64_t n, int64_t stride, int64_t count,
                  SoftmaxForm form);
};

// Every kernel this machine can run, fastest first; the fastest that needs no more than `isa`.
[[nodiscard]] std::vector<const SoftmaxKernel*> SoftmaxKernels();
[[nodiscard]] const SoftmaxKernel& SelectSoftmax(Isa isa);

// x, y [outer][n][inner]; y may be x.
void RunSoftmax(const SoftmaxKernel& kernel, SoftmaxForm form, const float* x, float* y,
                int64_t outer, int64_t n, int64_t inner, ThreadPool& pool);

}  // namespace plumb::kernels
