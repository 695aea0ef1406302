// The same program on every kernel family and thread count of this machine: identical bits, record by record.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::verify {

struct KernelAgreement {
  std::vector<std::string>
      variants;  // "scalar, 2 threads", ... in the order run; all equal to the first
  bool agree = true;
  std::string difference;  // record and variant of the first difference
  size_t records = 0;      // compared
};

// Runs the program on `inputs` (port order) with scalar kernels and with each faster family this CPU has, with `threads`
// threads, and the fastest with 1 thread too.
[[nodiscard]] Result<KernelAgreement> CompareKernels(
    std::shared_ptr<const artifact::Program> program, std::span<const Tensor> inputs, int threads);

}  // namespace plumb::verify
