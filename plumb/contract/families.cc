#include "plumb/contract/families.h"

#include <algorithm>

#include "plumb/contract/published_anchors.h"

namespace plumb::contract {

using artifact::Color;
using artifact::Family;
using artifact::ResizeRule;

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
  } else {
    for (const PublishedAnchors& published : AllPublishedAnchors()) {
      if (all == nullptr && published.family == family && published.levels == levels) {
        all = &published.sizes;
      }
    }
  }
  if (all == nullptr || levels == 0 || all->size() % (2 * levels) != 0) {
    return {};
  }
  const size_t each = all->size() / levels;
  return {all->begin() + static_cast<ptrdiff_t>(level * each),
          all->begin() + static_cast<ptrdiff_t>((level + 1) * each)};
}

}  // namespace plumb::contract
