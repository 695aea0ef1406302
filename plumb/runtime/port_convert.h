// Between the element types of the model's user and those that are computed with, at the border of
// a program.
#pragma once

#include "plumb/artifact/program.h"
#include "plumb/base/tensor.h"

namespace plumb::runtime {

// The type in which the user gets this output: the port's, or with `raw` the integers of a tensor
// that has a grid.
[[nodiscard]] DType OutputType(const artifact::TensorInfo& info, const artifact::Port& port,
                               bool raw);
// True when a tensor computed as `computed` (with or without a grid) can be given or returned as
// `user`.
[[nodiscard]] bool CanConvert(const artifact::TensorInfo& info, DType user);

// Both: `count` elements, CanConvert. Float types round to nearest even; a float to a tensor with a
// grid is quantized, and back dequantized (a per-channel grid follows the tensor's own shape); bool
// becomes 0 or 1.
void FromUser(const artifact::TensorInfo& info, DType user, const void* from, void* to);
void ToUser(const artifact::TensorInfo& info, DType user, const void* from, void* to);

}  // namespace plumb::runtime
