// What is not the same in two programs, for people to read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/verify/program_mix.h"

namespace plumb::verify {

// A constant that a layer reads, in both programs.
struct ConstantChange {
  std::string role;  // "weights", "bias", "multiplier", "table", "input 5"
  std::string note;  // "s8 for f32", "64x3x3x3 for 64x27"; empty when only values differ
  size_t elements = 0, changed = 0;
  double largest = 0;           // difference, in real numbers
  std::optional<double> steps;  // the same in steps of the grid, where both have the same one
};

// One part (program_mix.h) that is not the same.
struct PartChange {
  std::string tensor;
  std::string records_a, records_b;  // "conv, table": the operators, where they differ
  std::string grid_a, grid_b;        // of the tensor itself, where they differ
  std::vector<std::string> attributes;
  std::vector<ConstantChange> constants;
  bool reads_other_grids = false;          // some tensor it reads has another grid
  [[nodiscard]] std::string Text() const;  // one line
};

struct ProgramDiff {
  std::vector<std::string> only_a, only_b;  // records that make tensors the other has not
  std::vector<PartChange> parts;
  size_t grids = 0;    // tensors on another grid
  size_t weights = 0;  // layers with other weights
};

[[nodiscard]] ProgramDiff CompareParts(const ProgramPair& pair);

// "scale 0.02, zero point -3"; "64 scales from 0.01 to 0.2"; "float".
[[nodiscard]] std::string GridText(const artifact::TensorInfo& info);

}  // namespace plumb::verify
