#include "plumb/kernels/lut/lut.h"

#include <functional>

#include "plumb/base/check.h"

namespace plumb::kernels {
namespace {

constexpr const LutKernel* kKernels[] = {
#define PLUMB_LUT(kernel) &kernel,
#include "plumb/kernels/lut/lut_kernels.inc"
#undef PLUMB_LUT
};

constexpr int64_t kBytesPerPart = 16384;

bool CanRun(const LutKernel& kernel) {
  return CpuHas(kernel.isa) && (kernel.cpu_has == nullptr || kernel.cpu_has());
}

}  // namespace

std::vector<const LutKernel*> LutKernels() {
  std::vector<const LutKernel*> kernels;
  for (const LutKernel* kernel : kKernels) {
    if (CanRun(*kernel)) {
      kernels.push_back(kernel);
    }
  }
  return kernels;
}

const LutKernel& SelectLut(Isa isa) {
  for (const LutKernel* kernel : kKernels) {
    if (MayRun(isa, kernel->isa) && CanRun(*kernel)) {
      return *kernel;
    }
  }
  PLUMB_CHECK(false) << "no kernel for " << IsaName(isa);
  return *kKernels[0];
}

void Lut(const LutKernel& kernel, const int8_t* table, const int8_t* x, int8_t* y, int64_t n,
         ThreadPool& pool) {
  const auto part = [&](int64_t begin, int64_t end, int) {
    kernel.run(table, x + begin, y + begin, end - begin);
  };
  pool.ParallelFor(n, kBytesPerPart, std::cref(part));
}

void LutPerChannel(const int8_t* tables, int64_t channels, const int8_t* x, int8_t* y, int64_t n,
                   ThreadPool& pool) {
  const auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin * channels; i < end * channels; i += channels) {
      for (int64_t c = 0; c < channels; ++c) {
        y[i + c] = tables[c * 256 + x[i + c] + 128];
      }
    }
  };
  pool.ParallelFor(n, 1 + kBytesPerPart / (channels + 1), std::cref(part));
}

}  // namespace plumb::kernels
