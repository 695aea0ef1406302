// The stages in order: canonical form, observation, quantization, fusion, lowering. Every stage takes a value and gives one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/ir/graph.h"
#include "plumb/passes/pass.h"
#include "plumb/quant/observe.h"
#include "plumb/quant/quantize.h"

namespace plumb::compile {

struct CompileOptions {
  quant::QuantizeOptions quantize;
  int threads = 1;
  bool fuse = true;
  // The statistics given to CompileObserved are those of the same network for other shapes of its inputs: what they name
  // and this graph lacks is passed over, what they do not name must not be computed here.
  bool other_shapes = false;
  quant::Progress progress;  // of the calibration
};

struct Compiled {
  bool model_states_grids = false;       // it comes quantized
  std::vector<quant::ValueStats> stats;  // by ValueId of the canonical graph
  std::vector<std::string> names;        // of its values, likewise
  quant::Quantized
      quantized;  // unfused: every tensor of the canonical graph that is still there has its name
  ir::Graph fused;
  std::shared_ptr<const artifact::Program> program;
};

// `graph` is in canonical form. Observes it on the samples, quantizes, fuses, lowers.
[[nodiscard]] Result<Compiled> CompileInteger(const ir::Graph& graph,
                                              const quant::SampleSource& samples,
                                              const CompileOptions& options);

// The statistics of an earlier observation, by the names of values.
using NamedStats = std::map<std::string, quant::ValueStats>;
// The same from these, without samples. Invalid-model error when one names no value of the graph,
// or has as many channels as its value has not.
[[nodiscard]] Result<Compiled> CompileObserved(const ir::Graph& graph, const NamedStats& observed,
                                               const CompileOptions& options);
// What was observed, of every value: to compile with other options, which may read what these did not.
[[nodiscard]] NamedStats AllStatsOf(const Compiled& compiled);
// What of `compiled.stats` CompileObserved needs to make the same again.
[[nodiscard]] NamedStats ObservedOf(const Compiled& compiled);

// The float network itself as the product: nothing is observed nor quantized, every layer is noted as float.
[[nodiscard]] Result<Compiled> CompileReal(const ir::Graph& graph, bool fuse);

// The float program of a graph in canonical form.
[[nodiscard]] Result<std::shared_ptr<const artifact::Program>> CompileFloat(const ir::Graph& graph,
                                                                            bool fuse = true);

}  // namespace plumb::compile
