// Concat and split along one axis, elements of any size.
#pragma once

#include <cstdint>
#include <span>

#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

// One side is a tensor of `outer` rows of `row_bytes`; part i is a tensor of `outer` rows of
// `bytes[i]`, which are consecutive pieces of the long row.
struct PartsPlan {
  int64_t outer = 0;
  int64_t row_bytes = 0;
  std::span<const int64_t> bytes;  // one for each part; sum <= row_bytes
};

// inputs[i]: part i.
void Concat(const PartsPlan& plan, std::span<const void* const> inputs, void* output,
            ThreadPool& pool);
void Split(const PartsPlan& plan, const void* input, std::span<void* const> outputs,
           ThreadPool& pool);

}  // namespace plumb::kernels
