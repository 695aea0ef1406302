// A synthetic input for calibrations that cover too little to judge themselves.
#pragma once

#include <vector>

#include "plumb/artifact/io_contract.h"
#include "plumb/artifact/program.h"
#include "plumb/base/tensor.h"
#include "plumb/ir/graph.h"
#include "plumb/quant/observe.h"

namespace plumb::verify {

// True when the calibration pictures use less than half of the range of pixel values (one black picture, say): what they
// leave uncalibrated then shows on the probe. False for networks without picture inputs.
[[nodiscard]] bool CoversLittle(const std::vector<quant::ValueStats>& stats, const ir::Graph& graph,
                                const artifact::IoContract& io);

// A picture of gradients, bars and seeded noise over the whole range of pixel values, for each input.
[[nodiscard]] std::vector<Tensor> Probe(const artifact::Program& program,
                                        const artifact::IoContract& io);

}  // namespace plumb::verify
