// Parts of a program: what lies between some of its tensors, run by itself or put in the place of another program's part.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/runtime/session.h"

namespace plumb::verify {

// The value of the float graph that a tensor of an integer program holds: the quantizer names the forms of value "x"
// "x.quantized", "x.rescaled", "x.dequantized" and "x.real".
[[nodiscard]] std::string ValueNameOf(const std::string& tensor);

// Integers on the tensor's grid; the numbers themselves where it has none.
[[nodiscard]] Tensor OnGrid(std::span<const float> x, const artifact::TensorInfo& info);

// The records that compute `outputs` from `inputs` (indices of tensors) and constants, as a program with these ports, named
// by the tensors' indices. An error when something else is needed.
[[nodiscard]] Result<std::shared_ptr<const artifact::Program>> ExtractPart(
    const artifact::Program& program, std::span<const int32_t> inputs,
    std::span<const int32_t> outputs);

// Runs a part on inputs of the ports' own types.
[[nodiscard]] Result<std::vector<Tensor>> RunPart(
    const std::shared_ptr<const artifact::Program>& part, std::span<const Tensor> inputs,
    int threads);

// The least part that makes one tensor from others that `known` says are known.
struct Block {
  int32_t output = -1;
  std::vector<int32_t> inputs;  // tensors, ascending
  std::vector<size_t> records;  // ascending; the last one makes the output
};
using IsKnown = std::function<bool(int32_t tensor)>;
// One for each known tensor that a record makes, in execution order. Blocks that need a tensor nobody knows and no record
// makes are left out.
[[nodiscard]] std::vector<Block> BlocksOf(const artifact::Program& program, const IsKnown& known);

// The tensors that are made before record `cut` (or are inputs) and read from it on, or are outputs.
[[nodiscard]] std::vector<int32_t> LiveAt(const artifact::Program& program, size_t cut);

// `program` with the block that makes `block.output` taken from `donor`, where `donor_block` makes the tensor of the same
// name. Tensors are matched by name; an error when the donor's block reads one that `program` has not, or has in another
// type.
[[nodiscard]] Result<std::shared_ptr<const artifact::Program>> Transplant(
    const artifact::Program& program, const Block& block, const artifact::Program& donor,
    const Block& donor_block);

}  // namespace plumb::verify
