// Copies by one table of source positions for each axis: pad in every mode, nearest resize.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plumb/base/thread_pool.h"
#include "plumb/kernels/common/nest.h"

namespace plumb::kernels {

// Trailing axes that are copied whole are merged into blocks of `block_bytes`; `axes` are the
// others, outermost first.
struct IndexMapPlan {
  struct Axis {
    std::vector<int64_t> source;  // for each output position: the source position, or -1: fill
    int64_t source_step = 0;      // bytes between neighbours of the source along this axis
  };
  std::vector<Axis> axes;  // at least one
  int64_t block_bytes = 1;
  int64_t block_step = 0;    // bytes from block to block of the destination; 0: block_bytes
  int64_t element_size = 1;  // of the fill value
};

// `maps[d]` has output_dims[d] entries, each in [-1, input_shape[d]).
[[nodiscard]] IndexMapPlan MakeIndexMapPlan(std::span<const int64_t> input_shape,
                                            std::vector<std::vector<int64_t>> maps,
                                            int64_t element_size);

// `fill` points to one element.
void IndexMapCopy(const IndexMapPlan& plan, const void* source, const void* fill, void* destination,
                  ThreadPool& pool);

}  // namespace plumb::kernels
