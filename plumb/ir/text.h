// The text form of a graph: printed for people (--save-stage) and parsed by tests.
//
//   graph "tiny"
//   input %x: f32[1x4x4x3]
//   const %w: f32[8x3x3x3] = {1, 2, ...}        all elements, or `= fill(0.5)`, or `= @file.bin:0:432` when saved beside
//   %y: f32[1x4x4x8] = conv(%x, %w, _) {pads = [1, 1, 1, 1], strides = [1, 1]} "conv1"
//   output "y" = %y
//
// Names that are not plain identifiers are quoted: %"model.0/conv". `_` is an input left out. A quantized value has its
// grid after its type: s8[1x4] scale(0.5) zero_point(3), or with axis(1) and one entry per channel.
#pragma once

#include <string>
#include <string_view>

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb::ir {

struct PrintOptions {
  int64_t max_elements = 8;  // of a constant; longer ones are printed as `= omitted` (not parseable); -1 prints all
};
[[nodiscard]] std::string Print(const Graph& graph, const PrintOptions& options = {});
[[nodiscard]] Result<Graph> Parse(std::string_view text);

}  // namespace plumb::ir
