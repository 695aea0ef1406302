// Non-maximum suppression, semantics version 1.
//
// Candidates are taken by falling score, equal scores in the order given. One is kept unless its
// intersection over union with a box kept before (of the same label, in the class-aware form) is
// above the threshold. IoU is of continuous boxes: area = (x2 - x1) * (y2 - y1), without + 1; 0
// when the union is empty; binary32. Stops at `max_detections` kept boxes of the picture.
#pragma once

#include <vector>

#include "plumb/vision/detection.h"

namespace plumb::vision {

inline constexpr int kNmsVersion = 1;

enum class NmsScope { kClassAware, kClassAgnostic };

struct NmsOptions {
  float iou_threshold = 0.45F;
  NmsScope scope = NmsScope::kClassAware;
  int max_detections = 300;
};

[[nodiscard]] float Iou(const Detection& a, const Detection& b);
// The kept ones, by falling score.
[[nodiscard]] std::vector<Detection> Nms(std::vector<Detection> candidates,
                                         const NmsOptions& options);

}  // namespace plumb::vision
