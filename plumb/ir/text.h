// The text form of a graph: printed for people (--save-stage) and parsed by tests.
//
//   graph "tiny"
//   input %x: f32[1x4x4x3]
//   const %w: f32[8x3x3x3] = {1, 2, ...}        all elements, or `= fill(0.5)`, or `= @file.bin:0:432` when saved beside
//   %y: f32[1x4x4x8] = conv(%x, %w, _) {pads = [1, 1, 1, 1], strides = [1, 1]} "conv1" from "Conv 'c1' (onnx)"
//   %a: f32[1x2], _ = split(%y) {axis = 1} "split1"
//   output "y" = %y
//
// Names that are not plain identifiers are quoted: %"model.0/conv". `_` is an input or output left out. An unknown
// dimension is ?, a named one is quoted: f32["batch"x3]; an unknown rank is f32[*], an unknown type none[*]. A quantized
// value has its grid after its type: s8[1x4] scale(0.5) zero_point(3), or with axis(1) and one entry per channel. The
// type that the model's user sees, where it differs: `input %x: f32[1x3] as f16`, `output "y" as f16 = %y`. Numbers of
// attributes are floats when they have a point or an exponent; empty lists are ints[], floats[], strings[]. # starts a
// comment. A node's name may be left out: it is then that of its first output.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb::ir {

struct PrintOptions {
  int64_t max_elements =
      8;  // of a constant; longer ones are printed as `= omitted` (not parseable); -1 prints all
  // Where longer constants go instead, and the name they are found under: `= @blob_name:offset:bytes`.
  std::string* blob = nullptr;
  std::string blob_name = {};
};
[[nodiscard]] std::string Print(const Graph& graph, const PrintOptions& options = {});
// `blob` holds the bytes that `= @file:offset:bytes` refers to. Errors name the line.
[[nodiscard]] Result<Graph> Parse(std::string_view text, std::span<const std::byte> blob = {});

}  // namespace plumb::ir
