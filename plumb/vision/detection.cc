#include "plumb/vision/detection.h"

#include <algorithm>

namespace plumb::vision {

std::vector<Detection> ToPicture(std::vector<Detection> detections, const Placement& p) {
  const float w = static_cast<float>(p.picture_width), h = static_cast<float>(p.picture_height);
  for (Detection& d : detections) {
    d.x1 = std::clamp((d.x1 - p.offset_x) / p.scale_x, 0.0F, w);
    d.x2 = std::clamp((d.x2 - p.offset_x) / p.scale_x, 0.0F, w);
    d.y1 = std::clamp((d.y1 - p.offset_y) / p.scale_y, 0.0F, h);
    d.y2 = std::clamp((d.y2 - p.offset_y) / p.scale_y, 0.0F, h);
    for (size_t k = 0; k + 1 < d.keypoints.size(); k += 2) {
      d.keypoints[k] = (d.keypoints[k] - p.offset_x) / p.scale_x;
      d.keypoints[k + 1] = (d.keypoints[k + 1] - p.offset_y) / p.scale_y;
    }
  }
  std::erase_if(detections, [](const Detection& d) { return !(d.x2 > d.x1 && d.y2 > d.y1); });
  return detections;
}

}  // namespace plumb::vision
