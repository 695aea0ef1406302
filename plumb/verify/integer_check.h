// Rung V5: what the records of an integer network compute against a plain evaluation of docs/arithmetic.md on the same
// integers.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/cpu.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::verify {

struct IntegerCheckOptions {
  int threads = 1;
  std::optional<Isa> isa;  // of the kernels that are checked; default: the fastest
  // Elements of a record's output that are evaluated, spread over all of it. Records that pick or move elements are
  // compared whole.
  size_t elements = 64;
};

struct IntegerCheck {
  size_t records = 0;   // that hold integers on grids and were compared
  size_t elements = 0;  // of their outputs
  size_t different = 0;
  int worst_steps = 0;  // largest difference, in steps (1 for a float output that is not the same)
  std::string worst_record;               // "record 12 'conv1' (conv)": the first with a difference
  std::vector<std::string> without_rule;  // records whose kind has no plain evaluation here
};

// Runs the program on `inputs` (port order) with every tensor kept, and evaluates each record on what it really read.
// Equality is asked: the rules leave no choice of rounding. Records that pick or move (A8) are evaluated as the same record
// on real numbers, which a grid survives unchanged.
[[nodiscard]] Result<IntegerCheck> CheckIntegers(std::shared_ptr<const artifact::Program> program,
                                                 std::span<const Tensor> inputs,
                                                 const IntegerCheckOptions& options);

}  // namespace plumb::verify
