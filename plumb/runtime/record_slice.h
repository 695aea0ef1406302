// One record alone, as a program: whole, or what is needed for some rows of its output. A slice gives the bits of the whole:
// no record's output element depends on how many others are computed.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/tensor.h"

namespace plumb::runtime {

// [begin, end) along an axis of a tensor of the program that the record is part of. axis -1: all of it.
struct TensorPart {
  size_t tensor = 0;
  int axis = -1;
  int64_t begin = 0, end = 0;
};

struct RecordSlice {
  std::shared_ptr<const artifact::Program> program;  // of one record
  std::vector<TensorPart> inputs, outputs;           // what its ports hold, in their order
};

// The program can be bound.
[[nodiscard]] RecordSlice WholeRecord(const artifact::Program& program, size_t record);

// The axis of output 0 along which the record can be cut: convolutions and pools by rows of pixels, products of matrices by
// rows, functions of single elements by any axis that no grid follows. -1: it can only be run whole.
[[nodiscard]] int SliceAxis(const artifact::Program& program, size_t record);
// Rows [begin, end) along SliceAxis. Empty where the window of these rows lies outside the picture.
[[nodiscard]] std::optional<RecordSlice> SliceRecord(const artifact::Program& program,
                                                     size_t record, int64_t begin, int64_t end);

// The part of a whole tensor, dense.
[[nodiscard]] Tensor CopyPart(ConstTensorView whole, const TensorPart& part);

}  // namespace plumb::runtime
