// Models that come quantized (QDQ export) state grids of activations as pairs of quantize and
// dequantize nodes.
#pragma once

#include <map>
#include <set>
#include <string>

#include "plumb/base/quantization.h"
#include "plumb/ir/graph.h"

namespace plumb::quant {

struct StatedGrids {
  ir::Graph graph;  // without the pairs; the values in front of them keep their names and ids
  std::map<std::string, Quantization>
      grid;                       // by name of the value in front of a pair, as an int8 grid
  std::set<std::string> rounded;  // of these, the ones that nothing reads but pairs
};

// Takes away pairs whose grid is constant, per tensor and of 8 bits; u8 (s, z) is the int8 grid (s,
// z - 128). A value whose pairs differ keeps those that differ from the first.
[[nodiscard]] StatedGrids CollapseStatedGrids(ir::Graph graph);

}  // namespace plumb::quant
