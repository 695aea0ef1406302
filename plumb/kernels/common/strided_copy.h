// Copies elements of any type between two strided layouts: slice, expand, tile, depth_to_space and
// others are one nest each.
#pragma once

#include <cstdint>

#include "plumb/base/thread_pool.h"
#include "plumb/kernels/common/nest.h"

namespace plumb::kernels {

// Operand 0 is the destination, operand 1 the source; strides and offsets in elements of
// `element_size` bytes (1, 2, 4 or 8). The source may be walked backwards or repeated (stride 0);
// destination elements are distinct. No overlap.
struct StridedCopyPlan {
  Nest<2> nest;
  int64_t element_size = 1;

  // After the last Add. Turns a nest whose innermost dimension is contiguous on both sides into
  // whole runs.
  void Finish() { nest.Finish(); }
};

void StridedCopy(const StridedCopyPlan& plan, const void* source, void* destination,
                 ThreadPool& pool);

}  // namespace plumb::kernels
