// Operators that end in a sum per output channel, and rewriting their weights.
#pragma once

#include <span>

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb::passes {

// A convolution, transposed convolution or fully connected node with constant weights and a
// constant bias or none.
[[nodiscard]] bool IsWeighted(const ir::Graph& graph, ir::NodeId id);
[[nodiscard]] int64_t OutputChannels(const ir::Graph& graph, ir::NodeId id);
// The axis of its output that counts the channels.
[[nodiscard]] int64_t ChannelAxis(const ir::Graph& graph, ir::NodeId id);

// Makes the node give scale[c] * y + shift[c] in channel c instead of y: one rounding a weight. A
// weight's grid is scaled with it.
Status ApplyToChannels(ir::Graph& graph, ir::NodeId id, std::span<const double> scale,
                       std::span<const double> shift);

}  // namespace plumb::passes
