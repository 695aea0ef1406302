// Every pass before and after, on real inputs (rung V2).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"
#include "plumb/runtime/session.h"

namespace plumb::verify {

struct PassStep {
  std::string name;
  ir::Graph after;
};

// The steps that can be run: the first ones still have the source's layout, which nothing runs.
[[nodiscard]] std::span<const PassStep> StepsThatRun(std::span<const PassStep> steps);

struct PassCheck {
  int passes = 0;          // that changed the graph
  bool ends_only = false;  // the graph before the first of them against the one after the last
  double worst = 0;        // largest difference relative to the output's range (at least 0.01)
  std::string worst_pass;
};

struct PassCheckOptions {
  int threads = 1;
  bool every = true;     // else the ends alone, and every pass only when these differ by more than
  double tolerance = 0;  // this
  // Outputs after the last step on `inputs`, where they are known already; else empty.
  std::span<const runtime::NamedTensor> last = {};
};

// Runs the graph after each step and compares its outputs with those after the step before it. The first step is what the
// others are measured from.
[[nodiscard]] Result<PassCheck> CheckPasses(std::span<const PassStep> steps,
                                            std::span<const Tensor> inputs,
                                            const PassCheckOptions& options);

}  // namespace plumb::verify
