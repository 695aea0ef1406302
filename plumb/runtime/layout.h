// Where tensors lie inside others, so that concatenations, slices and reshapes move nothing: parts of a concatenation are
// written in place, parts of a tensor are read in place. Decided from the program alone, before its records are bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/cpu.h"
#include "plumb/runtime/binding.h"

namespace plumb::runtime {

struct TensorPlace {
  size_t root = 0;     // the tensor in whose memory it lies, itself mostly
  int64_t offset = 0;  // elements from the root's first
};

struct Layout {
  std::vector<TensorPlace> place;  // by tensor
  Pitches pitch;                   // by tensor
  std::vector<bool> skip;          // by record: nothing is left to do
};

enum class Sharing {
  kNone,     // every tensor dense and apart
  kInPlace,  // as above wherever every record concerned can
};

// Requires a program that ValidateProgram has passed; records need not be valid.
[[nodiscard]] Layout PlanLayout(const artifact::Program& program, Sharing sharing);

}  // namespace plumb::runtime
