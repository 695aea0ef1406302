// What detectors find.
#pragma once

#include <cstdint>
#include <vector>

#include "plumb/vision/preprocess.h"

namespace plumb::vision {

// A box with corners (x1, y1) and (x2, y2), continuous coordinates from the top left corner of the
// network's input (from a decoder) or of the picture (after ToPicture).
struct Detection {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  float score = 0;
  int32_t label = 0;
  std::vector<float> keypoints;  // x, y pairs; empty for families without
  bool operator==(const Detection&) const = default;
};

// From input to picture coordinates; boxes are clipped to the picture, keypoints are not. Boxes
// that lie outside (in the padding) become empty and are dropped.
[[nodiscard]] std::vector<Detection> ToPicture(std::vector<Detection> detections,
                                               const Placement& placement);

}  // namespace plumb::vision
