// What a report shows of each record of an integer program: its tensor beside the float network's, its cost, its time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/ir/graph.h"
#include "plumb/report/document.h"

namespace plumb {

struct RecordFacts {
  std::string name;  // of the first output
  std::string op, function;
  DType dtype = DType::kNone;
  Shape shape;
  Quantization grid;               // of the first output; empty in float
  bool in_integers = false;        // its first input is integer
  bool compared = false;           // the float graph has this tensor, of this shape
  double sqnr = 0, cosine = 1;     // of the whole network up to here
  double largest = 0;              // |float - integer network's|
  double largest_steps = 0;        // the same in steps of the grid
  double low = 0, high = 0;        // of the float values
  double clipped = 0;              // share of float values off the grid by more than half a step
  int levels = 0, levels_all = 0;  // integers that occur, that there are
  std::vector<size_t> inputs;      // records that make its inputs
  int64_t macs = 0;
  double ms = 0;  // least of a few runs
  report::Detail detail;
};

// Runs both networks on the samples (inputs in port order).
[[nodiscard]] Result<std::vector<RecordFacts>> MeasureRecords(
    const ir::Graph& graph, std::shared_ptr<const artifact::Program> program,
    std::span<const std::vector<Tensor>> samples, int threads);

}  // namespace plumb
