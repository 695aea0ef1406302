// Every pass before and after, on real inputs (rung V2).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb::verify {

struct PassStep {
  std::string name;
  ir::Graph after;
};

struct PassCheck {
  int compared = 0;  // passes that changed the graph and were compared
  double worst = 0;  // largest difference relative to the output's range (at least 0.01)
  std::string worst_pass;
};

// Runs the graph after each step and compares its outputs with those after the step before it. The first step is what the
// others are measured from.
[[nodiscard]] Result<PassCheck> CheckPasses(std::span<const PassStep> steps,
                                            std::span<const Tensor> inputs, int threads);

}  // namespace plumb::verify
