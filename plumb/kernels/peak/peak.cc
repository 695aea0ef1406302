#include "plumb/kernels/peak/peak.h"

#include "plumb/kernels/common/select.h"

namespace plumb::kernels {
namespace {

constexpr const PeakKernel* kKernels[] = {
#define PLUMB_PEAK(kernel) &kernel,
#include "plumb/kernels/peak/peak_kernels.inc"
#undef PLUMB_PEAK
};

}  // namespace

std::vector<const PeakKernel*> PeakKernels() { return RunnableKernels<PeakKernel>(kKernels); }

const PeakKernel& SelectPeak(Isa isa, DType products) {
  std::vector<const PeakKernel*> rows;
  for (const PeakKernel* kernel : kKernels) {
    if (kernel->products == products) {
      rows.push_back(kernel);
    }
  }
  PLUMB_CHECK(!rows.empty()) << "no loop multiplies " << DTypeName(products);
  return SelectKernel<PeakKernel>(rows, isa);
}

uint64_t ReadAll(std::span<const uint64_t> memory) {
  uint64_t sums[16] = {};  // independent, so that many reads are under way
  size_t i = 0;
  for (; i + 16 <= memory.size(); i += 16) {
    for (size_t k = 0; k < 16; ++k) {
      sums[k] ^= memory[i + k];
    }
  }
  uint64_t all = 0;
  for (uint64_t sum : sums) {
    all ^= sum;
  }
  for (; i < memory.size(); ++i) {
    all ^= memory[i];
  }
  return all;
}

}  // namespace plumb::kernels
