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

}  // namespace plumb::runtime
