// Transpose: any permutation, elements of 1, 2, 4 or 8 bytes.
#pragma once

#include <cstdint>
#include <span>

#include "plumb/base/thread_pool.h"
#include "plumb/kernels/common/nest.h"

namespace plumb::kernels {

// Output dimension d is input dimension perm[d].
struct TransposePlan {
  int64_t element_size = 1;
  Nest<2> nest;        // operand 0 the output, 1 the input; merged
  bool tiled = false;  // the innermost dimensions differ: 2-D tiles of dimension `column` and the
                       // innermost one
  int column = -1;     // the nest's dimension along which the input is contiguous
};

// Requires: rank <= kMaxTensorRank, perm a permutation of 0..rank-1.
[[nodiscard]] TransposePlan MakeTransposePlan(std::span<const int64_t> input_shape,
                                              std::span<const int64_t> perm, int64_t element_size);

void Transpose(const TransposePlan& plan, const void* input, void* output, ThreadPool& pool);

}  // namespace plumb::kernels
