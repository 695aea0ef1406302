// The smallest part of a program that still fails.
//
// First the latest start from which the output still fails, by bisection over the records in their order; then the earliest
// end; then what is left is cut down in halves, quarters and so on to single records, as long as the rest still fails. Every
// part that is kept has been run and seen to fail. Where a part is cut off, its inputs get recorded values.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"

namespace plumb::verify {

struct ProgramPart {
  std::vector<size_t> records;  // of the whole program, in order
  std::vector<int32_t> inputs;  // tensors of the whole program that it is given
  int32_t output = -1;          // the one that is looked at
  // The part as a program: its ports have the tensors' names; a tensor on a grid is float to the user.
  std::shared_ptr<const artifact::Program> program;
};

// Those of `records` that `output` depends on, with `output` made by one of them.
[[nodiscard]] ProgramPart TakePart(const artifact::Program& program,
                                   std::span<const size_t> records, int32_t output);

struct ReduceInput {
  const artifact::Program* program = nullptr;
  int32_t output = -1;
  // Whether this tensor may become an input, and whether it may become the output: false where no value is known.
  std::function<bool(int32_t tensor)> known;
  std::function<Result<bool>(const ProgramPart& part)> fails;
};

struct Reduced {
  ProgramPart part;
  size_t tries = 0;
};

// A usage error when the whole does not fail.
[[nodiscard]] Result<Reduced> Reduce(const ReduceInput& input);

}  // namespace plumb::verify
