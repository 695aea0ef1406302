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

struct KernelAgreementOptions {
  int threads = 1;
  // Every instruction set, on more samples, with more thread counts and repetitions. Else the two fastest on the first
  // sample; CheckIntegers holds the fastest to the definition.
  bool full = false;
};

// Runs the program on each sample (inputs in port order) with the kernels of several instruction sets that this CPU has,
// with other thread counts, again, and with nothing in place.
[[nodiscard]] Result<KernelAgreement> CompareKernels(
    std::shared_ptr<const artifact::Program> program, std::span<const std::vector<Tensor>> samples,
    const KernelAgreementOptions& options);

}  // namespace plumb::verify
