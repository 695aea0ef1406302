// Reductions over any set of axes, in an order that depends on neither vector width, threads nor
// layout of the loop.
//
// The elements that one output is made of are numbered i = 0, 1, ... in row-major order of the
// reduced axes. Sums (of x, |x|, x^2, e^(x - max)) of binary32 run in binary64: element i is added
// to lane i mod 8, each lane in order from +0; then
// ((l0 + l4) + (l2 + l6)) + ((l1 + l5) + (l3 + l7)), the function's last step (division by the
// count for the mean, square root, logarithm) in binary64, and one rounding to binary32. Products
// the same way from 1. Integer sums and products wrap in 64 bits; integer means are cut toward
// zero. Maxima and minima are exact; a NaN gives NaN.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "plumb/base/dtype.h"
#include "plumb/base/thread_pool.h"
#include "plumb/kernels/common/nest.h"

namespace plumb::kernels {

// The loops: outputs [kept dims], for each the elements [reduced dims]. The innermost dimension of
// the tensor is either reduced (`run` elements in a row belong to one output) or kept (`run`
// outputs in a row).
struct ReducePlan {
  struct Loop {
    int64_t size = 1;
    int64_t step = 0;  // elements
  };
  std::vector<Loop> kept;     // outermost first, without the innermost run
  std::vector<Loop> reduced;  // outermost first, without the innermost run
  bool run_reduced = false;
  int64_t run = 1;
  int64_t kept_count = 1;     // product of `kept`
  int64_t reduced_count = 1;  // elements of one output, the run included where it is reduced
};

// `axes` sorted, distinct, within the rank (at most kMaxTensorRank).
[[nodiscard]] ReducePlan MakeReducePlan(std::span<const int64_t> shape,
                                        std::span<const int64_t> axes);

using ReduceFunction = void (*)(const ReducePlan& plan, const void* input, void* output,
                                ThreadPool& pool);

// A row of reduce_ops.inc by name ("reduce_mean", ...) and type; nullptr where not defined.
[[nodiscard]] ReduceFunction FindReduce(std::string_view name, DType dtype);

// Position of the greatest (least) element along one axis: input [outer, size, inner], output
// [outer, inner] s64. Of equal elements the first, or the last with `last`. A NaN counts as
// greatest (least). size >= 1.
enum class ArgKind { kMax, kMin };
using ArgFunction = void (*)(int64_t outer, int64_t size, int64_t inner, bool last,
                             const void* input, int64_t* output, ThreadPool& pool);
[[nodiscard]] ArgFunction FindArg(ArgKind kind, DType dtype);

}  // namespace plumb::kernels
