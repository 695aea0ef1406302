// Windows that slide over the positions of a picture: what convolutions and pools share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/op_def.h"

namespace plumb::ops {

// By spatial axis. Pads: all at the front, then all at the back.
struct Window {
  std::vector<int64_t> kernel;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads;
};

// Where channels and positions stand: layout "nchw" (as ONNX has it, any number of spatial axes) or
// "nhwc".
[[nodiscard]] bool LayoutIsKnown(const NodeView& node);
[[nodiscard]] std::string FoundLayout(const NodeView& node);
[[nodiscard]] bool IsNchw(const NodeView& node);
[[nodiscard]] size_t ChannelAxis(const NodeView& node);  // of input 0
[[nodiscard]] Shape SpatialSizes(const NodeView& node);  // of input 0
// Input 0's shape with other channels and positions.
[[nodiscard]] Shape WithSizes(const NodeView& node, int64_t channels, const Shape& spatial);

// strides, dilations and pads have the right lengths and sensible values (strides and dilations
// from 1, pads from 0).
[[nodiscard]] bool WindowAttributesFit(const NodeView& node);
[[nodiscard]] std::string FoundWindow(const NodeView& node);

// Defaults and auto_pad written out. Requires WindowAttributesFit.
[[nodiscard]] Window ResolveWindow(const NodeView& node, const std::vector<int64_t>& kernel);
// How many windows fit along each axis; a size below 1 when none does.
[[nodiscard]] Shape WindowCounts(const Window& window, const Shape& sizes, bool ceil_mode);
// Replaces auto_pad and absent lists by the resolved ones.
void WriteWindow(const Window& window, Attributes& attributes);

// Reads strides, dilations, pads and auto_pad of an ONNX node into IR attributes (what is absent
// stays absent).
Status ReadWindow(ForeignAttributes& in, const ForeignNode& node, Attributes& attributes);

}  // namespace plumb::ops
