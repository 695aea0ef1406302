// A 64-bit hash of bytes for telling tensors apart: XXH64 as its public specification states it,
// seed 0. Not for defence against people; sha256.h is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "plumb/base/tensor.h"

namespace plumb {

[[nodiscard]] uint64_t Hash64(std::span<const std::byte> bytes);

// Of the elements as stored little-endian, row-major; type and shape do not enter, so that a
// reshaped tensor keeps it.
[[nodiscard]] uint64_t HashTensor(ConstTensorView tensor);

}  // namespace plumb
