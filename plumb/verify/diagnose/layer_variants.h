// What is wrong with a layer whose operator and attributes are the model's, or have no counterpart: one number of it is put right
// at a time, or the model's part is computed wrongly in one way at a time, until one of these trials does what the layer does.
#pragma once

#include <optional>

#include "plumb/verify/diagnose/float_donor.h"
#include "plumb/verify/diagnose/layer_comparison.h"
#include "plumb/verify/diagnose/partial_runs.h"

namespace plumb::verify {

// The constant of the block's last record that, taken from the donor's, makes the block right.
[[nodiscard]] std::optional<LayerFault> FaultyNumber(const PartialRuns& runs,
                                                     const artifact::Program& subject,
                                                     const Block& block, const Donor& donor);

// The variant of the model's part that makes what the block makes; else that it has other operators than the model.
[[nodiscard]] std::optional<LayerFault> FaultyOperator(const PartialRuns& runs,
                                                       const artifact::Program& subject,
                                                       const Block& block, const ir::Graph& part);

}  // namespace plumb::verify
