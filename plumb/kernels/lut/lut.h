// Tables of 256 signed bytes: y[i] = table[x[i] + 128].
#pragma once

#include <cstdint>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

struct LutKernel {
  const char* name;
  Isa isa;
  bool (*cpu_has)();  // what it needs beyond isa; null: nothing
  // y may be x.
  void (*run)(const int8_t* table, const int8_t* x, int8_t* y, int64_t n);
};

#define PLUMB_LUT(kernel) extern const LutKernel kernel;
#include "plumb/kernels/lut/lut_kernels.inc"
#undef PLUMB_LUT

// Every kernel this machine can run, fastest first; the fastest that needs no more than `isa`.
[[nodiscard]] std::vector<const LutKernel*> LutKernels();
[[nodiscard]] const LutKernel& SelectLut(Isa isa);

// One table for all.
void Lut(const LutKernel& kernel, const int8_t* table, const int8_t* x, int8_t* y, int64_t n,
         ThreadPool& pool);
// x and y are [n][channels], tables [channels][256].
void LutPerChannel(const int8_t* tables, int64_t channels, const int8_t* x, int8_t* y, int64_t n,
                   ThreadPool& pool);

}  // namespace plumb::kernels
