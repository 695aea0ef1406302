// A program bound to an instruction set: every record validated, its constants packed. Holds nothing of a single run, so that
// all sessions of a process share one.
#pragma once

#include <memory>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/cpu.h"
#include "plumb/base/status.h"
#include "plumb/runtime/binding.h"
#include "plumb/runtime/layout.h"
#include "plumb/runtime/plan.h"

namespace plumb::runtime {

struct BoundProgram {
  std::shared_ptr<const artifact::Program> program;
  Layout layout;
  std::vector<std::unique_ptr<BoundRecord>> records;

  [[nodiscard]] size_t packed_bytes() const;
};

// The one there is for this program (the object, not its contents), instruction set and sharing, as long as anybody holds it;
// else a new one. Pages of a mapped file are given back once they have been packed.
[[nodiscard]] Result<std::shared_ptr<const BoundProgram>> BindProgram(
    std::shared_ptr<const artifact::Program> program, Isa isa, Sharing sharing);

// The memory of its runs: a block for each tensor (empty where it lies inside another one, or is a constant), then one for
// each record's scratch. Record i is step i + 1; inputs are there from step 0, they and the outputs stay to the end.
// `keep_all`: so does everything.
[[nodiscard]] std::vector<Block> MemoryBlocks(const BoundProgram& bound, int threads,
                                              bool keep_all);

}  // namespace plumb::runtime
