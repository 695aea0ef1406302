// A detector's output values by what they mean, whatever the family and the layout: boxes,
// objectness, classes, keypoints.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::verify {

// The values of one role at one level: anchors * cells * channels of them.
struct RoleValues {
  artifact::OutputRole role =
      artifact::OutputRole::kIgnored;  // box, objectness, classes, keypoints
  int32_t stride = 0;                  // 0: decoded boxes, no grid
  int32_t grid_width = 0;              // cells in a row; 0 without a grid
  size_t anchors = 1, cells = 0, channels = 0;
  std::vector<float> anchor_sizes;  // w, h of each anchor; empty without
  const float* data = nullptr;
  size_t anchor_step = 0, cell_step = 0, channel_step = 0;  // in elements

  [[nodiscard]] float operator()(size_t anchor, size_t cell, size_t channel) const {
    return data[anchor * anchor_step + cell * cell_step + channel * channel_step];
  }
};

// `outputs` as vision::Decode takes them. Errors are those of Decode.
[[nodiscard]] Result<std::vector<RoleValues>> ValuesByRole(const artifact::DecodeContract& contract,
                                                           std::span<const ConstTensorView> outputs,
                                                           int input_width, int input_height);

[[nodiscard]] std::string_view RoleText(artifact::OutputRole role);  // "box values", "class scores"

// The least and greatest of some values, and how many lie outside 0..1.
struct ValueRange {
  double count = 0, outside_unit = 0, not_finite = 0;
  float least = 0, greatest = 0;

  void Add(float value);
  [[nodiscard]] float MaxMagnitude() const;
};

// Ranges by role over any number of pictures, in the order box, objectness, classes.
struct RoleRanges {
  ValueRange box, objectness, classes;

  void Add(std::span<const RoleValues> values);
};

}  // namespace plumb::verify
