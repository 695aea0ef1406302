// The quantizer: a float graph in canonical form and what was observed of it -> a graph with explicit quantize, table and
// dequantize nodes, integer weights and requantization multipliers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"
#include "plumb/quant/grids.h"
#include "plumb/quant/observe.h"
#include "plumb/quant/placement.h"
#include "plumb/quant/weights.h"

namespace plumb::quant {

// How a function behind a dot operator is computed (design.md, Numerics).
enum class FunctionForm {
  kAuto,   // T where its error stays within `table_error_ratio` of F's, otherwise F
  kTable,  // form T wherever it can be: requantize to int8, then a table
  kFloat,  // form F: binary32 in the epilogue, then one rounding
};
[[nodiscard]] Result<FunctionForm> FunctionFormFromName(
    std::string_view name);  // "auto", "table", "float"
[[nodiscard]] std::string_view FunctionFormName(FunctionForm form);

// "int8" or "int16", as options name element types.
[[nodiscard]] Result<DType> IntegerTypeFromName(std::string_view name);
[[nodiscard]] std::string_view IntegerTypeName(DType type);

// What a layer computes in.
enum class LayerType { kInt8, kInt16, kFloat };
[[nodiscard]] Result<LayerType> LayerTypeFromName(
    std::string_view name);  // "int8", "int16", "float"
[[nodiscard]] std::string_view LayerTypeName(LayerType type);

struct QuantizeOptions {
  GridOptions grids;
  DType weights = DType::kS8;  // s16 only with s16 activations (grids.activations)
  WeightScales weight_scales = WeightScales::kChannel;
  FunctionForm form = FunctionForm::kAuto;
  double table_error_ratio = 1.25;
  std::set<std::string> keep_float;  // names of nodes or values
  // Names of nodes or values: layers whose type is another one than `grids.activations`. An int16 layer has weights of 16
  // bits, what it makes is held in 16 bits, and the layers that read it read 16 bits.
  std::map<std::string, LayerType> hybrid;
  bool model_states_grids = false;  // it comes quantized: layers that leave its integers say so
  bool correct_bias = true;         // take the mean error of rounded weights out of the biases
  bool one_scale_for_outputs =
      false;  // hold every output as int8 on one per-tensor grid, as some converters do
  std::map<std::string, float>
      scale_faults;  // by weight or layer name: a factor on the weights' scale (tests of the checks)
};

// What was decided for one node; for reports.
struct LayerNote {
  std::string name;  // of the value it makes
  std::string op;
  std::string
      form;  // "int8", "int8, table", "int8, float function", "float", "int16", "int16, float function"...
  std::string reason;  // for float: why; for integer: "kept the model's weight grid" and the like
  bool integer = false;
  bool anew = false;  // in a model that states grids: not the original's integers
  bool per_channel = false;
  std::vector<std::string>
      reads;  // names of the values of the float graph that it reads, constants left out
};

// What of a value's statistics the result depends on, beside its range: enough to quantize again
// to the same graph.
struct StatsUse {
  bool channels = false;  // ranges and means by channel
  bool histogram = false;
};

struct Quantized {
  ir::Graph graph;
  std::vector<LayerNote> notes;  // in execution order
  std::vector<StatsUse> used;    // by ValueId of the float graph
};

// Where the nodes go by these options.
[[nodiscard]] Placement PlaceAsStated(const ir::Graph& graph, const QuantizeOptions& options);

[[nodiscard]] Result<Quantized> Quantize(const ir::Graph& graph,
                                         const std::vector<ValueStats>& stats,
                                         const QuantizeOptions& options);

}  // namespace plumb::quant
