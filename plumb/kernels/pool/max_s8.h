// Max pooling of signed bytes, NHWC: the bits of MaxPoolReference<int8_t>.
//
// A window is taken apart: first the greatest of its rows, for all columns of the picture, which are
// whole vectors whatever the number of channels; then over its columns. Floor: a row of the picture
// read for each row of the window, bytes in the first cache.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/thread_pool.h"
#include "plumb/kernels/pool/pool.h"

namespace plumb::kernels {

// to[p * n + i] = the greatest of from[k][p * step + i], k < count; i < n, p < pixels. count >= 1.
// No other byte is read or written.
struct MaxS8Run {
  const int8_t* const* from;
  int64_t count;
  int64_t pixels, step, n;
  int8_t* to;
};

struct MaxS8Kernel {
  const char* name;
  Isa isa;
  void (*run)(const MaxS8Run& run);
};

#define PLUMB_MAX_S8(kernel) extern const MaxS8Kernel kernel;
#include "plumb/kernels/pool/max_s8_kernels.inc"
#undef PLUMB_MAX_S8

// Every kernel this machine can run, fastest first; the fastest that needs no more than `isa`.
[[nodiscard]] std::vector<const MaxS8Kernel*> MaxS8Kernels();
[[nodiscard]] const MaxS8Kernel& SelectMaxS8(Isa isa);

[[nodiscard]] size_t MaxS8Scratch(const PoolShape& shape, int threads);
// scratch: MaxS8Scratch(shape, pool.threads()) bytes, aligned for pointers.
void MaxS8(const MaxS8Kernel& kernel, const PoolShape& shape, const int8_t* input, int8_t* output,
           void* scratch, ThreadPool& pool);

}  // namespace plumb::kernels
