// Rearrangements with a rule of their own: triangles, reversed sequences, one-hot codes.
#pragma once

#include <cstdint>

#include "plumb/base/thread_pool.h"
#include "plumb/kernels/copy/gather.h"

namespace plumb::kernels {

// `matrices` of rows x columns: elements on the kept side of diagonal k (upper: column - row >= k;
// lower: <= k) are copied, the others are zero.
struct TriluPlan {
  int64_t matrices = 1, rows = 0, columns = 0;
  int64_t element_size = 1;
  int64_t k = 0;
  bool upper = true;
};
void Trilu(const TriluPlan& plan, const void* input, void* output, ThreadPool& pool);

// Data with time and batch as its first two dimensions, in either order, and blocks of
// `block_bytes`. For sequence b the first lengths[b] steps (clamped to [0, time]) are reversed, the
// rest copied.
struct ReverseSequencePlan {
  int64_t time = 0, batch = 0;
  int64_t time_step = 0, batch_step = 0;  // blocks from one step, one sequence to the next
  int64_t block_bytes = 1;
};
void ReverseSequence(const ReverseSequencePlan& plan, const void* input, Indices lengths,
                     void* output, ThreadPool& pool);

// indices [outer, inner] to output [outer, depth, inner]: values[1] where the index is the position
// along depth (negative ones count from the end), values[0] elsewhere; an index out of range points
// nowhere.
struct OneHotPlan {
  int64_t outer = 1, depth = 0, inner = 1;
  int64_t element_size = 1;
};
void OneHot(const OneHotPlan& plan, Indices indices, const void* values, void* output,
            ThreadPool& pool);

}  // namespace plumb::kernels
