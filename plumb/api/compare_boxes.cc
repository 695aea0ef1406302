#include "plumb/api/compare_boxes.h"

#include <optional>

namespace plumb {
namespace {

vision::Detection ToInput(vision::Detection d, const vision::Placement& p) {
  d.x1 = d.x1 * p.scale_x + p.offset_x;
  d.x2 = d.x2 * p.scale_x + p.offset_x;
  d.y1 = d.y1 * p.scale_y + p.offset_y;
  d.y2 = d.y2 * p.scale_y + p.offset_y;
  return d;
}

}  // namespace

verify::NmsExplanation CompareBoxes(std::span<const ComparedPicture> pictures,
                                    const artifact::DecodeContract& contract) {
  std::optional<verify::NmsExplanation> best;
  for (const ClassNumbers numbers :
       {ClassNumbers::kFromZero, ClassNumbers::kFromOne, ClassNumbers::kCoco}) {
    std::vector<verify::PictureBoxes> boxes;
    for (const ComparedPicture& picture : pictures) {
      const vision::Placement& p = picture.placement;
      verify::PictureBoxes one;
      one.candidates = picture.candidates;
      one.left = p.offset_x;
      one.top = p.offset_y;
      one.right = p.offset_x + p.scale_x * static_cast<float>(p.picture_width);
      one.bottom = p.offset_y + p.scale_y * static_cast<float>(p.picture_height);
      for (vision::Detection& d : Labelled(picture.theirs, numbers, contract.labels)) {
        one.theirs.push_back(ToInput(std::move(d), p));
      }
      boxes.push_back(std::move(one));
    }
    const verify::NmsExplanation found = verify::ExplainSuppression(boxes, contract, {});
    if (!best.has_value() || found.located > best->located) {
      best = found;
    }
  }
  return *best;
}

}  // namespace plumb
