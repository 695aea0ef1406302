// --observer auto: for each tensor the observer whose range leaves the least error.
#pragma once

#include <vector>

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"
#include "plumb/quant/observe.h"
#include "plumb/quant/quantize.h"

namespace plumb::quant {

// Sets `chosen` of every value whose range becomes a per-tensor grid, and of no other.
//
// The error of a grid is what it leaves in the results of those that read the tensor: with f one of its integer readers,
// x the tensor as the float network computes it and q(x) the same rounded onto the grid,
//   sum over the readers of  sum |f(q(x)) - f(x)|^2 / sum |f(x)|^2
// each sum over all elements and over kChoiceSamples of the samples, spread over all. So a value that large weights read
// counts more than one that nobody asks for, which the least squared error of the tensor itself (mse) does not see.
// Of observers with the least error the first of min-max, percentile, mse, kl is taken. Float kernels and the order of the
// sums are fixed: the same choice on every machine and thread count.
inline constexpr size_t kChoiceSamples = 8;
Status ChooseObservers(const ir::Graph& graph, const QuantizeOptions& options,
                       const SampleSource& samples, int threads, std::vector<ValueStats>& stats);

}  // namespace plumb::quant
