// Which record makes which tensor.
#pragma once

#include <cstdint>
#include <vector>

#include "plumb/artifact/program.h"

namespace plumb::artifact {

// By tensor: the index of the record that makes it, or -1 for inputs and constants.
[[nodiscard]] inline std::vector<int32_t> Producers(const Program& program) {
  std::vector<int32_t> producer(program.tensors.size(), -1);
  for (size_t r = 0; r < program.records.size(); ++r) {
    for (const int32_t tensor : program.records[r].outputs) {
      if (tensor >= 0) {
        producer[static_cast<size_t>(tensor)] = static_cast<int32_t>(r);
      }
    }
  }
  return producer;
}

}  // namespace plumb::artifact
