#include "plumb/contract/published_anchors.h"

namespace plumb::contract {

std::span<const PublishedAnchors> AllPublishedAnchors() {
  using artifact::Family;
  static const std::vector<PublishedAnchors> all = {
      {Family::kYolov5,
       "YOLOv5",
       3,
       {10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326}},
      {Family::kYolov5, "YOLOv5-P6", 4, {19,  27,  44,  40,  38,  94,  96,  68,
                                         86,  152, 180, 137, 140, 301, 303, 264,
                                         238, 542, 436, 615, 739, 380, 925, 792}},
      {Family::kYolov5,
       "YOLOv7",
       3,
       {12, 16, 19, 36, 40, 28, 36, 75, 76, 55, 72, 146, 142, 110, 192, 243, 459, 401}},
      {Family::kYoloFastestV2,
       "YOLO-FastestV2",
       2,
       {12.64F, 19.39F, 37.88F, 51.48F, 55.71F, 138.31F, 126.91F, 78.23F, 131.57F, 214.55F, 279.92F,
        258.87F}},
  };
  return all;
}

}  // namespace plumb::contract
