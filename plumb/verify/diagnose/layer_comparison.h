// What is wrong with one layer of an integer (or float) program, seen beside the same layer made from the model.
#pragma once

#include <optional>
#include <string>

#include "plumb/ir/graph.h"
#include "plumb/verify/diagnose/program_part.h"

namespace plumb::verify {

struct LayerFault {
  std::string cause;  // "wrong-scale"
  std::string
      what;  // "its multiplier is 4.00 times what its scales say": goes behind "layer 'X': "
  bool parameter = false;  // of the layer's numbers (H5); else of what it computes (H8)
  bool form = false;       // other operators or attributes, which may compute the same all the same
};

// Compares the last records of two blocks that make the same tensor. Nothing is said of what calibration may decide in two
// ways (biases, the grid between a product and its table; multipliers where the grids beside them differ). `graph`: of the
// model; without it tables are not looked at.
[[nodiscard]] std::optional<LayerFault> CompareLayers(const artifact::Program& subject,
                                                      const Block& block,
                                                      const artifact::Program& twin,
                                                      const Block& twin_block,
                                                      const ir::Graph* graph);

// The attributes alone of the same operator, for layers whose tensors are held in different types. Nothing of products, which
// take on what stands behind them or not.
[[nodiscard]] std::optional<LayerFault> CompareOperators(const artifact::Record& subject,
                                                         const artifact::Record& twin);

}  // namespace plumb::verify
