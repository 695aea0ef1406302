// The grid of every value that is held as integers: solved over the whole graph, since operators that only move elements,
// concatenations and per-channel scales tie values together.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plumb/base/quantization.h"
#include "plumb/base/status.h"
#include "plumb/ir/graph.h"
#include "plumb/quant/layer_types.h"
#include "plumb/quant/observe.h"
#include "plumb/quant/placement.h"
#include "plumb/quant/range.h"

namespace plumb::quant {

struct GridOptions {
  // Of the layers that have no type of their own. s8: asymmetric, per channel where that is free. s16: zero point 0, per
  // tensor.
  DType activations = DType::kS8;
  RangeOptions range;
  // How far apart the per-channel scales of a value may lie that a dense dot operator reads (they are folded into its
  // weights). 1: one scale for all channels. Values that only depthwise convolutions and float operators read are not
  // limited.
  float dense_channel_ratio = 1;
  float free_channel_ratio = 4096;  // the limit for those
  // Channels that only float operators read are scores and the like. One whose class the samples do not show ends at zero,
  // a score of one half: it may go on towards the greatest of all channels, by this share of its width (2 dB at most).
  float tail_headroom = 0.25f;
  std::map<std::string, Range>
      ranges;  // by value name: takes the place of what was observed; one grid for all channels
  bool one_scale_for_tails = false;  // what float operators read gets one scale too
  std::map<std::string, Quantization>
      stated;  // by value name: picture inputs (from the I/O contract), QDQ models
  std::set<std::string>
      rounded;  // of these, the ones that float operators too read rounded onto the grid
};

struct Grids {
  // By ValueId, of values that are held as integers (computed by an integer node, or read by one). Empty for the others.
  std::vector<Quantization> of;
  // The same: whether the grid is one that was stated, for the value or for what moving its elements makes of it.
  std::vector<bool> stated;
  // The same: whether a per-tensor grid was made of the value's range, its own or that of what joins it in a concatenation.
  std::vector<bool> ranged;
};

// True when the two values' channel counts and groups make the node a depthwise convolution with one filter a channel.
[[nodiscard]] bool IsDepthwise(const ir::Graph& graph, const ir::Node& node);

// The elementwise node right behind a dot node that can be computed in its epilogue: its only reader, an integer table
// operator. kNone if there is none. The dot's own value then needs no grid of its own.
[[nodiscard]] ir::NodeId FusibleFunction(const ir::Graph& graph, const Placement& placement,
                                         ir::NodeId dot);

// Functions whose result lies on the output grid whenever the argument does: what feeds them requantizes straight onto it.
[[nodiscard]] bool IsClamp(const ir::Node& node);

// The clamp that alone reads the result of this sum or product, which then takes the clamp's grid; kNone if there is none.
[[nodiscard]] ir::NodeId ClampBehind(const ir::Graph& graph, const Placement& placement,
                                     ir::NodeId sum);

[[nodiscard]] Result<Grids> SolveGrids(const ir::Graph& graph, const Placement& placement,
                                       const LayerTypes& types,
                                       const std::vector<ValueStats>& stats,
                                       const GridOptions& options);

}  // namespace plumb::quant
