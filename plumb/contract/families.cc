#include "plumb/contract/families.h"

#include <algorithm>

namespace plumb::contract {
namespace {

using artifact::Color;
using artifact::Family;
using artifact::ResizeRule;

// Published anchors, w and h in pixels of the input, finest level first.
const std::vector<float> kYolov5Anchors = {10, 13, 16,  30,  33, 23,  30,  61,  62,
                                           45, 59, 119, 116, 90, 156, 198, 373, 326};
const std::vector<float> kYolov5P6Anchors = {19,  27,  44,  40,  38,  94,  96,  68,
                                             86,  152, 180, 137, 140, 301, 303, 264,
                                             238, 542, 436, 615, 739, 380, 925, 792};
const std::vector<float> kFastestAnchors = {12.64F,  19.39F, 37.88F,  51.48F,  55.71F,  138.31F,
                                            126.91F, 78.23F, 131.57F, 214.55F, 279.92F, 258.87F};

}  // namespace

bool Evidence::Has(std::string_view op) const {
  return std::any_of(outputs.begin(), outputs.end(),
                     [&](const OutputFacts& o) { return o.Has(op); });
}

const std::vector<FamilyRow>& Families() {
  static const std::vector<FamilyRow> rows = {
      {Family::kYunet, MatchYunet, {Color::kBgr, 0, 1, ResizeRule::kLetterboxCorner, 0}},
      {Family::kSsd, MatchSsd, {Color::kRgb, 127, 128, ResizeRule::kStretch, 114}},
      {Family::kYoloFastestV2,
       MatchYoloFastestV2,
       {Color::kBgr, 0, 255, ResizeRule::kStretch, 114}},
      {Family::kYolov8, MatchYolov8, {Color::kRgb, 0, 255, ResizeRule::kLetterbox, 114}},
      {Family::kYolox, MatchYolox, {Color::kBgr, 0, 1, ResizeRule::kLetterboxCorner, 114}},
      {Family::kYolov5, MatchYolov5, {Color::kRgb, 0, 255, ResizeRule::kLetterbox, 114}},
      {Family::kClassifier, MatchClassifier, {Color::kRgb, 0, 255, ResizeRule::kCrop, 114}},
  };
  return rows;
}

std::vector<int32_t> StridesFor(const Evidence& e, int64_t cells, int64_t anchors) {
  static const std::vector<std::vector<int32_t>> usual = {
      {8, 16, 32}, {8, 16, 32, 64}, {16, 32}, {4, 8, 16, 32}, {8, 16}, {32}, {16}, {8}};
  const bool given = e.forced() && !e.given->strides.empty();
  for (const std::vector<int32_t>& strides :
       given ? std::vector<std::vector<int32_t>>{e.given->strides} : usual) {
    int64_t total = 0;
    for (const int32_t s : strides) {
      total += anchors * CellsAt(e.width, e.height, s);
    }
    if (total == cells) {
      return strides;
    }
  }
  if (given) {  // a list of one level
    for (const int32_t s : e.given->strides) {
      if (anchors * CellsAt(e.width, e.height, s) == cells) {
        return {s};
      }
    }
  }
  return {};
}

std::string StridesText(const std::vector<int32_t>& strides) {
  std::string text;
  for (const int32_t s : strides) {
    text += (text.empty() ? "" : ", ") + std::to_string(s);
  }
  return text;
}

int64_t AnchorCount(const Evidence& e, size_t levels) {
  if (!e.forced() || e.given->anchors.empty() || levels == 0) {
    return 3;
  }
  return std::max<int64_t>(1, static_cast<int64_t>(e.given->anchors.size() / 2 / levels));
}

std::vector<float> AnchorsFor(const Evidence& e, Family family, size_t level, size_t levels) {
  const std::vector<float>* all = nullptr;
  if (e.forced() && !e.given->anchors.empty()) {
    all = &e.given->anchors;
  } else if (family == Family::kYoloFastestV2) {
    all = levels == 2 ? &kFastestAnchors : nullptr;
  } else {
    all = levels == 3 ? &kYolov5Anchors : levels == 4 ? &kYolov5P6Anchors : nullptr;
  }
  if (all == nullptr || levels == 0 || all->size() % (2 * levels) != 0) {
    return {};
  }
  const size_t each = all->size() / levels;
  return {all->begin() + static_cast<ptrdiff_t>(level * each),
          all->begin() + static_cast<ptrdiff_t>((level + 1) * each)};
}

}  // namespace plumb::contract
