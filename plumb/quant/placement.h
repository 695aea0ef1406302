// Which nodes compute in integers and which stay in float, and why.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "plumb/ir/graph.h"

namespace plumb::quant {

struct Placement {
  std::vector<bool> integer;  // by NodeId
  std::vector<std::string>
      why_float;  // by NodeId: a phrase for nodes that compute something and stay in float, else ""
  std::set<ir::ValueId>
      stated;  // values that must be held on a grid of their own, as the model states
};

// A dot operator with constant weights is integer. Any other is integer if it can be and if an integer dot operator reads,
// directly or not, what it makes: what comes after the last of them is the tail (grids, exponentials, box arithmetic),
// which stays in float. A dot operator fed by a float-only operator (the 1x1 convolution behind the softmax of a
// distribution-focal-loss head) with no other one after it belongs to the tail too.
// `keep_float`: names of nodes or of values that the user wants in float.
[[nodiscard]] Placement Place(const ir::Graph& graph, const std::set<std::string>& keep_float);

}  // namespace plumb::quant
