// Gathering and scattering by indices that are data, elements of any size.
//
// Negative indices count from the end. An index out of range is clamped to the nearest valid one:
// the operators leave it undefined, and a run cannot fail. An axis of 0 positions can be indexed by
// nothing; the outputs are then zero-filled.
#pragma once

#include <cstdint>
#include <string_view>

#include "plumb/base/dtype.h"
#include "plumb/base/thread_pool.h"
#include "plumb/kernels/common/nest.h"

namespace plumb::kernels {

// s32 or s64 indices.
struct Indices {
  const void* raw = nullptr;
  bool wide = true;  // s64

  // Entry i as a position of 0..size-1; requires size > 0.
  [[nodiscard]] int64_t At(int64_t i, int64_t size) const {
    int64_t index =
        wide ? static_cast<const int64_t*>(raw)[i] : static_cast<const int32_t*>(raw)[i];
    if (index < 0) {
      index = index < -size ? 0 : index + size;
    }
    return index < size ? index : size - 1;
  }
};

// output[o, j, :] = input[o, indices[j], :]: `outer` blocks of `size` positions of `block_bytes`;
// `count` indices.
struct GatherPlan {
  int64_t outer = 1;
  int64_t size = 0;
  int64_t count = 0;
  int64_t block_bytes = 1;
};
void Gather(const GatherPlan& plan, const void* input, Indices indices, void* output,
            ThreadPool& pool);

// output[i...] = input[i... with i_axis replaced by indices[i...]].
struct GatherElementsPlan {
  Nest<2> nest;  // over the indices' shape; operand 0 output and indices (dense), 1 the data with
                 // stride 0 on the axis
  int64_t axis_size = 0;
  int64_t axis_stride = 0;  // elements
  int64_t element_size = 1;
};
void GatherElements(const GatherElementsPlan& plan, const void* input, Indices indices,
                    void* output, ThreadPool& pool);

enum class ScatterReduction { kNone, kAdd, kMul, kMin, kMax };

// Combines `count` elements: to[i] = to[i] reduced with from[i].
using ScatterCombine = void (*)(void* to, const void* from, int64_t count);
// nullptr where the reduction is not defined for the type (kNone is for all, the others for numbers
// but f16, bf16 and f64).
[[nodiscard]] ScatterCombine FindScatterCombine(ScatterReduction reduction, DType dtype);

// output = input, then output[i... with i_axis = indices[i...]] combined with updates[i...], in
// row-major order of the indices (so the last of several writes to one place stays).
struct ScatterElementsPlan {
  GatherElementsPlan walk;  // operand 1 walks the output
  int64_t data_bytes = 0;
  ScatterCombine combine = nullptr;
};
void ScatterElements(const ScatterElementsPlan& plan, const void* input, Indices indices,
                     const void* updates, void* output);

// gather_nd and scatter_nd: `batches` blocks of data, each indexed by `tuples` tuples of `depth`
// indices into dimensions dims[0..depth-1]; a tuple names a block of `block_elements`.
struct GatherNdPlan {
  int64_t batches = 1;
  int64_t tuples = 0;
  int depth = 0;
  std::array<int64_t, kMaxTensorRank> dims = {};
  int64_t block_elements = 1;
  int64_t element_size = 1;

  [[nodiscard]] int64_t batch_blocks() const {
    int64_t blocks = 1;
    for (int d = 0; d < depth; ++d) {
      blocks *= dims[static_cast<size_t>(d)];
    }
    return blocks;
  }
};
void GatherNd(const GatherNdPlan& plan, const void* input, Indices indices, void* output,
              ThreadPool& pool);
// output = input, then each named block combined with its update, in order. batches is 1.
void ScatterNd(const GatherNdPlan& plan, ScatterCombine combine, const void* input, Indices indices,
               const void* updates, void* output);

}  // namespace plumb::kernels
