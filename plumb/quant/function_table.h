// Functions of one element as 256-entry tables, and form T: the intermediate grid that serves the function best.
#pragma once

#include <span>
#include <vector>

#include "plumb/base/quantization.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/ir/graph.h"
#include "plumb/quant/observe.h"

namespace plumb::quant {

// The node, a function of its input 0 whose other inputs are constant scalars, at each of `x` (by its float kernel).
[[nodiscard]] Result<std::vector<float>> EvaluateFunction(const ir::Graph& graph,
                                                          const ir::Node& node,
                                                          std::span<const float> x);

// table[q + 128] = quantize(f(dequantize(q))) from one per-tensor grid to another; s8 [256]. `node` nullptr: identity, a
// rescaling.
[[nodiscard]] Result<Tensor> MakeTable(const ir::Graph& graph, const ir::Node* node,
                                       const Quantization& from, const Quantization& to);

// Form T for one layer: the grid between the dot operator and the table.
struct TableForm {
  Quantization mid;        // per tensor
  double table_error = 0;  // mean squared error after the function with this grid and the table
  double direct_error =
      0;  // the same when the function is computed in float and quantized once (form F)
};
// Searches the range of the intermediate grid that minimizes the error after the function on the histogram of the values
// before it: both ends are tried over a fixed list, so that the result is reproducible.
[[nodiscard]] Result<TableForm> FitTableForm(const ir::Graph& graph, const ir::Node& node,
                                             const ValueStats& before, const Quantization& to);

}  // namespace plumb::quant
