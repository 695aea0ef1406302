// Detections as COCO result objects, in JSON.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "plumb/vision/detection.h"

namespace plumb::vision {

struct CocoResult {
  std::string file_name;
  std::optional<int64_t> image_id;  // where the annotations give one
  int32_t category_id = 0;
  Detection detection;  // in pixels of the picture
};

// COCO's id for 80 classes, label + 1 otherwise.
[[nodiscard]] int32_t CategoryId(int32_t label, int32_t classes);

// [{"file_name": "a.jpg", "category_id": 1, "bbox": [x, y, w, h], "score": 0.83}, ...]: one object
// a line; numbers in the fewest digits that read back as the same binary32; keypoints as
// "keypoints": [x, y, ...] where there are any.
[[nodiscard]] std::string CocoResultsJson(std::span<const CocoResult> results);

}  // namespace plumb::vision
