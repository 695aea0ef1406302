// A program: the list of records that the runtime runs, with their tensors and constants. The
// compiler builds it in memory; the writer stores it in an artifact; the reader gives it back with
// constants pointing into the mapped file.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plumb/base/attributes.h"
#include "plumb/base/dtype.h"
#include "plumb/base/quantization.h"
#include "plumb/base/tensor.h"

namespace plumb::artifact {

// Data of a constant. `owner` keeps it alive: a Tensor, or the mapped file.
struct Constant {
  const void* data = nullptr;
  size_t bytes = 0;
  std::shared_ptr<const void> owner;
};

struct TensorInfo {
  std::string name;
  DType dtype = DType::kNone;
  Shape shape;
  Quantization quantization;  // empty for tensors without a grid
  int32_t constant = -1;      // index into Program::constants, or -1
};

// One step. `op` and `version` select the kernel; attributes and constant inputs are its
// parameters.
struct Record {
  std::string op;
  int32_t version = 1;
  std::string name;              // of the graph node it came from
  std::vector<int32_t> inputs;   // indices of tensors; -1: an optional input left out
  std::vector<int32_t> outputs;  // indices of tensors
  Attributes attributes;
};

// An input or output of the program. The tensor's own dtype is what is computed with; `dtype` is
// what the model's user sees (f16 for a half model computed in f32, f32 for an output that is
// stored as integers under `--raw`).
struct Port {
  std::string name;
  int32_t tensor = -1;
  DType dtype = DType::kNone;
};

struct Program {
  std::string name;
  std::vector<TensorInfo> tensors;
  std::vector<Constant> constants;
  // The file that constants lie in, where it is mapped: pages that nobody reads any more can be given
  // back and come again from the file. Else empty.
  std::span<const std::byte> mapped;
  std::vector<Record> records;  // in execution order
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  bool symbolic_batch =
      false;          // the model's leading dimension was free: Run may be given any multiple
  int32_t batch = 1;  // a run of the whole model takes exactly this multiple of the first dimension

  int32_t AddTensor(TensorInfo info) {
    tensors.push_back(std::move(info));
    return static_cast<int32_t>(tensors.size() - 1);
  }
  // A tensor with constant contents.
  int32_t AddConstant(std::string name, std::shared_ptr<const Tensor> tensor,
                      Quantization quantization = {}) {
    constants.push_back({tensor->raw(), tensor->bytes(), tensor});
    TensorInfo info{std::move(name), tensor->dtype(), tensor->shape(), std::move(quantization),
                    static_cast<int32_t>(constants.size() - 1)};
    return AddTensor(std::move(info));
  }
};

}  // namespace plumb::artifact
