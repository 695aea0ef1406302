// The most multiply-adds a second that a core does with operands that never leave its registers, and the most bytes a
// second that it reads: what the time of a layer is compared with. Not part of the runtime: nothing here computes a
// result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/dtype.h"

namespace plumb::kernels {

struct PeakKernel {
  const char* name;
  Isa isa;
  DType products;  // what is multiplied: s8 (or s16 pairs, where that is the exact way), f32
  int64_t macs;    // of a step
  void (*run)(int64_t steps);  // steps above 0
};

#define PLUMB_PEAK(kernel) extern const PeakKernel kernel;
#include "plumb/kernels/peak/peak_kernels.inc"
#undef PLUMB_PEAK

// Every loop this machine can run.
[[nodiscard]] std::vector<const PeakKernel*> PeakKernels();
// The first row for `products` that needs no more than `isa`.
[[nodiscard]] const PeakKernel& SelectPeak(Isa isa, DType products);

// Reads all of `memory` once, 16 bytes at a time, and returns their exclusive or, so that no read can be left out.
[[nodiscard]] uint64_t ReadAll(std::span<const uint64_t> memory);

}  // namespace plumb::kernels
