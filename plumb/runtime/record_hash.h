// One hash for what a record makes.
#pragma once

#include <array>
#include <span>

#include "plumb/base/hash.h"

namespace plumb::runtime {

// The hash of the only output; of several: the outputs folded in one by one: hash of (what was so far, the output's hash), eight
// little-endian bytes each, from 0.
[[nodiscard]] inline uint64_t HashOutputs(std::span<const TensorView> outputs) {
  if (outputs.size() == 1) {
    return HashTensor(outputs[0]);
  }
  uint64_t combined = 0;
  for (const TensorView& output : outputs) {
    std::array<std::byte, 16> bytes;
    for (size_t i = 0; i < 8; ++i) {
      bytes[i] = static_cast<std::byte>(combined >> (8 * i));
      bytes[8 + i] = static_cast<std::byte>(HashTensor(output) >> (8 * i));
    }
    combined = Hash64(bytes);
  }
  return combined;
}

}  // namespace plumb::runtime
