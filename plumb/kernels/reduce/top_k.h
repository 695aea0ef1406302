// The k greatest (least) elements along one axis: input [outer, size, inner] to values and s64
// indices [outer, k, inner].
#pragma once

#include <cstddef>
#include <cstdint>

#include "plumb/base/dtype.h"
#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

struct TopKPlan {
  int64_t outer = 1, size = 0, inner = 1, k = 0;
  bool largest = true;
};
// Best first; of equal elements the one with the lower index first. A NaN counts as greater than
// everything. The order is total, so "unsorted" results come sorted too. `scratch`: TopKScratch
// bytes for each thread. 0 <= k <= size.
using TopKFunction = void (*)(const TopKPlan& plan, const void* input, void* values,
                              int64_t* indices, void* scratch, ThreadPool& pool);
[[nodiscard]] TopKFunction FindTopK(DType dtype);  // f32 and integers; else nullptr
[[nodiscard]] size_t TopKScratch(const TopKPlan& plan);

}  // namespace plumb::kernels
