// where(condition, a, b): elements of a where the condition holds, of b elsewhere, with numpy
// broadcasting of all three.
#pragma once

#include <cstdint>
#include <span>

#include "plumb/base/thread_pool.h"
#include "plumb/kernels/common/nest.h"

namespace plumb::kernels {

struct WherePlan {
  Nest<4> nest;  // output, condition, a, b
  int64_t element_size = 1;
};

// Requires: all three broadcast to output_shape, ranks <= kMaxTensorRank, element_size 1, 2, 4
// or 8.
[[nodiscard]] WherePlan MakeWherePlan(std::span<const int64_t> condition,
                                      std::span<const int64_t> a, std::span<const int64_t> b,
                                      std::span<const int64_t> output_shape, int64_t element_size);

// Condition bytes other than 0 are true.
void Where(const WherePlan& plan, const void* condition, const void* a, const void* b, void* output,
           ThreadPool& pool);

}  // namespace plumb::kernels
