// Running sums along one axis: input [outer, size, inner] to output of the same shape.
#pragma once

#include <cstdint>

#include "plumb/base/dtype.h"
#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

struct CumulativeSumPlan {
  int64_t outer = 1, size = 0, inner = 1;
  bool exclusive = false;  // the element itself is left out
  bool reverse = false;    // from the end
};
// One chain in the type itself, from the first element (integers wrap): y[0] = x[0], y[i] = y[i -
// 1] + x[i]; exclusive: y[0] = 0, y[i] = y[i - 1] + x[i - 1].
using CumulativeSumFunction = void (*)(const CumulativeSumPlan& plan, const void* input,
                                       void* output, ThreadPool& pool);
[[nodiscard]] CumulativeSumFunction FindCumulativeSum(
    DType dtype);  // f32 and integers; else nullptr

}  // namespace plumb::kernels
