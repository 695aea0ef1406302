// Which integer type each layer computes in: the options' own, but for the layers that --hybrid names.
#pragma once

#include <vector>

#include "plumb/base/dtype.h"
#include "plumb/base/status.h"
#include "plumb/ir/graph.h"
#include "plumb/quant/placement.h"

namespace plumb::quant {

struct QuantizeOptions;

struct LayerTypes {
  // By ValueId: kS8 or kS16, what the value is held as where it is held as integers.
  std::vector<DType> of;
  // By NodeId: named as a layer of 16 bits, so that its weights have 16 too.
  std::vector<bool> named_wide;

  // Whether an integer node computes on 16 bits: what it makes or something that it reads has 16.
  [[nodiscard]] bool Wide(const ir::Graph& graph, ir::NodeId id) const;
};

// A name is that of a node or of a value that one makes. What a layer's function or clamp makes is the layer's; what only
// moves elements has the type of what it moves, so that naming it names the source; a concatenation of which any part has
// 16 bits has 16. Usage error when two names give one tensor two types.
[[nodiscard]] Result<LayerTypes> TypesOf(const ir::Graph& graph, const Placement& placement,
                                         const QuantizeOptions& options);

}  // namespace plumb::quant
