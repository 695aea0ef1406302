// How the float network's activations fit the grids that were calibrated for them.
#pragma once

#include <span>
#include <string>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/runtime/session.h"

namespace plumb::verify {

struct RangeFit {
  size_t tensors = 0;  // that both networks have; the figures are means over them
  double clipped = 0;  // share of the values that lie beyond the grid
  double used = 0;     // share of the grid's range that the values reach
  double overlap =
      0;  // what the range of the values and the grid's have in common, as a share of what either covers
};

// `inputs`: of the one input, sample by sample. Tensors that are the input in another order or type are left out: their grid
// is what was stated of the input. Where the network does not take such inputs, no tensors are measured.
[[nodiscard]] Result<RangeFit> FitRanges(runtime::Session& session,
                                         const artifact::Program& integers,
                                         std::span<const Tensor> inputs);

// Whether the first fits, and the second does not nearly as well.
[[nodiscard]] bool FitsClearlyBetter(const RangeFit& fit, const RangeFit& than);

// "0.2 % of the values lie beyond the calibrated ranges, 81 % of the ranges are used"
[[nodiscard]] std::string DescribeFit(const RangeFit& fit);

}  // namespace plumb::verify
