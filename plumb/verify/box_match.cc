#include "plumb/verify/box_match.h"

#include "plumb/vision/nms.h"

namespace plumb::verify {

BoxMatcher::BoxMatcher(std::span<const vision::Detection> others, float least_iou)
    : others_(others), least_iou_(least_iou), taken_(others.size(), false) {}

std::optional<BoxMatcher::Match> BoxMatcher::Take(const vision::Detection& box) {
  std::optional<Match> best;
  for (size_t i = 0; i < others_.size(); ++i) {
    if (taken_[i] || others_[i].label != box.label) {
      continue;
    }
    const float iou = vision::Iou(box, others_[i]);
    if (iou >= (best ? best->iou : least_iou_)) {
      best = {i, iou};
    }
  }
  if (best) {
    taken_[best->index] = true;
  }
  return best;
}

}  // namespace plumb::verify
