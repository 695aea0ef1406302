#include "plumb/verify/role_values.h"

#include <algorithm>
#include <cmath>

#include "plumb/vision/decode_level.h"

namespace plumb::verify {
namespace {

using artifact::DecodeContract;
using artifact::Family;
using artifact::OutputRole;

// Float sums of a softmax may exceed 1 by an ulp or two, and a grid's zero point may hold a zero
// that is off by a rounding.
constexpr float kUnitSlack = 1e-4f;

// Where a role's channels begin in a field, and how far apart the anchors lie in it.
struct Slot {
  OutputRole role;
  const vision::Field* field;
  size_t first, channels, anchors, anchor_step;
};

std::vector<Slot> SlotsOf(const DecodeContract& c, const vision::Level& level) {
  const auto classes = static_cast<size_t>(c.classes);
  const size_t anchors = std::max<size_t>(1, level.anchors.size() / 2);
  const vision::Field& all = level.all;
  switch (c.family) {
    case Family::kYolov5: {
      const size_t count = c.boxes_decoded ? 1 : anchors;
      if (all.present()) {
        return {{OutputRole::kBox, &all, 0, 4, count, all.anchor_step},
                {OutputRole::kObjectness, &all, 4, 1, count, all.anchor_step},
                {OutputRole::kClasses, &all, 5, classes, count, all.anchor_step}};
      }
      break;
    }
    case Family::kYoloFastestV2: {
      const vision::Field& box = all.present() ? all : level.box;
      const vision::Field& objectness = all.present() ? all : level.objectness;
      const vision::Field& cls = all.present() ? all : level.classes;
      const size_t at = all.present() ? 4 * anchors : 0;
      return {{OutputRole::kBox, &box, 0, 4, anchors, 4 * box.channel_step},
              {OutputRole::kObjectness, &objectness, at, 1, anchors, objectness.channel_step},
              {OutputRole::kClasses, &cls, all.present() ? 5 * anchors : 0, classes, 1, 0}};
    }
    case Family::kYolov8: {
      const size_t box = c.boxes_decoded ? 4 : 4 * static_cast<size_t>(c.reg_max);
      if (all.present()) {
        return {{OutputRole::kBox, &all, 0, box, 1, 0},
                {OutputRole::kClasses, &all, box, classes, 1, 0}};
      }
      return {{OutputRole::kBox, &level.box, 0, box, 1, 0},
              {OutputRole::kClasses, &level.classes, 0, classes, 1, 0}};
    }
    case Family::kYolox:
      if (all.present()) {
        return {{OutputRole::kBox, &all, 0, 4, 1, 0},
                {OutputRole::kObjectness, &all, 4, 1, 1, 0},
                {OutputRole::kClasses, &all, 5, classes, 1, 0}};
      }
      break;
    case Family::kSsd:  // class 0 is the background
      return {{OutputRole::kBox, &level.box, 0, 4, 1, 0},
              {OutputRole::kClasses, &level.classes, 0, classes + 1, 1, 0}};
    case Family::kYunet:
    case Family::kClassifier:
    case Family::kNone:
      break;
  }
  return {{OutputRole::kBox, &level.box, 0, 4, 1, 0},
          {OutputRole::kObjectness, &level.objectness, 0, 1, 1, 0},
          {OutputRole::kClasses, &level.classes, 0, classes, 1, 0},
          {OutputRole::kKeypoints, &level.keypoints, 0, 10, 1, 0}};
}

}  // namespace

Result<std::vector<RoleValues>> ValuesByRole(const DecodeContract& contract,
                                             std::span<const ConstTensorView> outputs,
                                             int input_width, int input_height) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<vision::Level> levels,
                         vision::LevelsOf(contract, outputs, input_width, input_height));
  std::vector<RoleValues> values;
  for (const vision::Level& level : levels) {
    for (const Slot& slot : SlotsOf(contract, level)) {
      if (!slot.field->present()) {
        continue;
      }
      values.push_back({slot.role, level.stride, level.grid_width, slot.anchors, level.cells,
                        slot.channels, level.anchors,
                        slot.field->data + slot.first * slot.field->channel_step, slot.anchor_step,
                        slot.field->cell_step, slot.field->channel_step});
    }
  }
  return values;
}

std::string_view RoleText(OutputRole role) {
  switch (role) {
    case OutputRole::kBox:
      return "box values";
    case OutputRole::kObjectness:
      return "objectness";
    case OutputRole::kClasses:
      return "class scores";
    case OutputRole::kKeypoints:
      return "keypoints";
    default:
      return "values";
  }
}

void ValueRange::Add(float value) {
  if (!std::isfinite(value)) {
    ++not_finite;
    return;
  }
  least = count == 0 ? value : std::min(least, value);
  greatest = count == 0 ? value : std::max(greatest, value);
  ++count;
  outside_unit += value < -kUnitSlack || value > 1 + kUnitSlack;
}

float ValueRange::MaxMagnitude() const { return std::max(std::abs(least), std::abs(greatest)); }

void RoleRanges::Add(std::span<const RoleValues> values) {
  for (const RoleValues& v : values) {
    if (v.role == OutputRole::kKeypoints) {
      continue;
    }
    ValueRange& range = v.role == OutputRole::kBox          ? box
                        : v.role == OutputRole::kObjectness ? objectness
                                                            : classes;
    // Along the memory, whichever of cells and channels lies side by side.
    for (size_t a = 0; a < v.anchors; ++a) {
      if (v.cell_step == 1) {
        for (size_t k = 0; k < v.channels; ++k) {
          for (size_t cell = 0; cell < v.cells; ++cell) {
            range.Add(v(a, cell, k));
          }
        }
      } else {
        for (size_t cell = 0; cell < v.cells; ++cell) {
          for (size_t k = 0; k < v.channels; ++k) {
            range.Add(v(a, cell, k));
          }
        }
      }
    }
  }
}

}  // namespace plumb::verify
