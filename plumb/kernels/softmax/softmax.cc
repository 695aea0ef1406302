#include "plumb/kernels/softmax/softmax.h"

#include <algorithm>
#include <functional>

#include "plumb/base/check.h"

namespace plumb::kernels {

#define PLUMB_SOFTMAX(kernel, isa) extern const SoftmaxKernel kernel;
#include "plumb/kernels/softmax/softmax_kernels.inc"
#undef PLUMB_SOFTMAX

namespace {

constexpr const SoftmaxKernel* kKernels[] = {
#define PLUMB_SOFTMAX(kernel, isa) &kernel,
#include "plumb/kernels/softmax/softmax_kernels.inc"
#undef PLUMB_SOFTMAX
};

constexpr int64_t kBlock = 64;    // sequences side by side that one thread takes at least
constexpr int64_t kGrain = 2048;  // elements below which a second thread costs more than it saves

}  // namespace

std::vector<const SoftmaxKernel*> SoftmaxKernels() {
  std::vector<const SoftmaxKernel*> found;
  std::copy_if(std::begin(kKernels), std::end(kKernels), std::back_inserter(found),
               [](const SoftmaxKernel* kernel) { return CpuHas(kernel->isa); });
  return found;
}

const SoftmaxKernel& SelectSoftmax(Isa isa) {
  for (const SoftmaxKernel* kernel : kKernels) {
    if (MayRun(isa, kernel->isa)) {
      return *kernel;
    }
  }
  PLUMB_CHECK(false) << "the scalar kernel runs everywhere";
  return *kKernels[0];
}

void RunSoftmax(const SoftmaxKernel& kernel, SoftmaxForm form, const float* x, float* y,
                int64_t outer, int64_t n, int64_t inner, ThreadPool& pool) {
  if (outer == 0 || n == 0 || inner == 0) {
    return;
  }
  if (inner == 1) {
    const auto work = [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        kernel.row(x + i * n, y + i * n, n, form);
      }
    };
    pool.ParallelFor(outer, std::max<int64_t>(1, kGrain / n), std::ref(work));
    return;
  }
  const int64_t blocks = (inner + kBlock - 1) / kBlock;
  const auto work = [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i % blocks * kBlock;
      const int64_t offset = i / blocks * n * inner + first;
      kernel.columns(x + offset, y + offset, n, inner, std::min(kBlock, inner - first), form);
    }
  };
  pool.ParallelFor(outer * blocks, std::max<int64_t>(1, kGrain / (n * kBlock)), std::ref(work));
}

}  // namespace plumb::kernels
