// SSD-style heads decoded in the graph, YuNet, classifiers.
#include <algorithm>
#include <map>

#include "plumb/contract/families.h"

namespace plumb::contract {

using artifact::Family;
using artifact::OutputLayout;
using artifact::OutputRole;

std::optional<Match> MatchSsd(const Evidence& e) {
  if (e.outputs.size() != 2) {
    return std::nullopt;
  }
  for (const OutputFacts& o : e.outputs) {
    if (o.shape.size() != 3 || o.shape[0] != 1 || o.shape[1] != e.outputs[0].shape[1]) {
      return std::nullopt;
    }
  }
  // Boxes have 4 values; where both outputs could, the softmax tells the scores.
  const bool second =
      e.outputs[1].shape[2] == 4 && !(e.outputs[0].shape[2] == 4 && e.outputs[1].Has("softmax"));
  const OutputFacts& boxes = e.outputs[second ? 1 : 0];
  const OutputFacts& scores = e.outputs[second ? 0 : 1];
  if (boxes.shape[2] != 4 || scores.shape[2] < 2 || (!e.forced() && !scores.Has("softmax"))) {
    return std::nullopt;
  }
  Match match;
  match.contract.family = Family::kSsd;
  match.contract.classes = static_cast<int32_t>(scores.shape[2] - 1);
  match.contract.boxes_decoded = true;
  match.contract.scores_activated = scores.Has("softmax");
  match.contract.outputs = {
      {scores.index, OutputRole::kClasses, OutputLayout::kChannelsLast, 0, {}},
      {boxes.index, OutputRole::kBox, OutputLayout::kChannelsLast, 0, {}}};
  match.why = StrCat(
      scores.shape[1], " rows of ", scores.shape[2], " scores",
      match.contract.scores_activated ? " after a softmax" : "",
      " (the first is the background) and as many of 4 box values, taken as corners in 0..1");
  return match;
}

std::optional<Match> MatchYunet(const Evidence& e) {
  // Per stride two lists of 1 value (class and objectness; only their product counts, so either may
  // be either), one of 4, perhaps one of 10.
  std::map<int32_t, std::map<int64_t, std::vector<const OutputFacts*>>> levels;
  for (const OutputFacts& o : e.outputs) {
    int32_t stride = 0;
    for (const int32_t s : e.strides()) {
      const bool fits =
          o.shape.size() == 3 && o.shape[0] == 1 && o.shape[1] == CellsAt(e.width, e.height, s);
      stride = fits ? s : stride;
    }
    if (stride == 0 || (o.shape[2] != 1 && o.shape[2] != 4 && o.shape[2] != 10)) {
      return std::nullopt;
    }
    levels[stride][o.shape[2]].push_back(&o);
  }
  if (levels.empty()) {
    return std::nullopt;
  }
  Match match;
  match.contract.family = Family::kYunet;
  match.contract.classes = 1;
  for (auto& [stride, by_channels] : levels) {
    if (by_channels[1].size() != 2 || by_channels[4].size() != 1 || by_channels[10].size() > 1) {
      return std::nullopt;
    }
    auto add = [&, s = stride](const OutputFacts* o, OutputRole role) {
      match.contract.outputs.push_back({o->index, role, OutputLayout::kChannelsLast, s, {}});
    };
    add(by_channels[1][0], OutputRole::kClasses);
    add(by_channels[1][1], OutputRole::kObjectness);
    add(by_channels[4][0], OutputRole::kBox);
    if (!by_channels[10].empty()) {
      add(by_channels[10][0], OutputRole::kKeypoints);
    }
    match.contract.strides.push_back(stride);
  }
  match.contract.scores_activated = e.Has("sigmoid");
  match.why = StrCat("class, objectness, box and keypoint lists at strides ",
                     StridesText(match.contract.strides));
  return match;
}

std::optional<Match> MatchClassifier(const Evidence& e) {
  if (e.outputs.size() != 1) {
    return std::nullopt;
  }
  const OutputFacts& o = e.outputs[0];
  const int64_t count = NumElements(o.shape);
  if (o.shape.empty() || count < 2 || count > 100000 ||
      *std::max_element(o.shape.begin(), o.shape.end()) != count) {
    return std::nullopt;
  }
  Match match;
  match.contract.family = Family::kClassifier;
  match.contract.classes = static_cast<int32_t>(count);
  match.contract.outputs = {{o.index, OutputRole::kClasses, OutputLayout::kChannelsLast, 0, {}}};
  match.contract.scores_activated = o.Has("softmax");
  match.why = StrCat("one output of ", count, " scores",
                     match.contract.scores_activated ? " after a softmax" : "");
  return match;
}

}  // namespace plumb::contract
