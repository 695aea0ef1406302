// Choosing among the rows of a kernel family: structs with a field `isa`, fastest first.
#pragma once

#include <span>
#include <vector>

#include "plumb/base/check.h"
#include "plumb/base/cpu.h"

namespace plumb::kernels {

// Those that this machine can run.
template <typename Kernel>
[[nodiscard]] std::vector<const Kernel*> RunnableKernels(std::span<const Kernel* const> rows) {
  std::vector<const Kernel*> kernels;
  for (const Kernel* kernel : rows) {
    if (CpuHas(kernel->isa)) {
      kernels.push_back(kernel);
    }
  }
  return kernels;
}

// The first that needs no more than `isa`.
template <typename Kernel>
[[nodiscard]] const Kernel& SelectKernel(std::span<const Kernel* const> rows, Isa isa) {
  for (const Kernel* kernel : rows) {
    if (MayRun(isa, kernel->isa)) {
      return *kernel;
    }
  }
  PLUMB_CHECK(false) << "no kernel for " << IsaName(isa);
  return *rows.front();
}

}  // namespace plumb::kernels
