// Families with anchors: YOLOv5 and v7, YOLO-FastestV2.
#include <map>

#include "plumb/contract/families.h"

namespace plumb::contract {
namespace {

using artifact::DecodeContract;
using artifact::Family;
using artifact::OutputLayout;
using artifact::OutputRole;

struct Head {
  const OutputFacts* output;
  View view;  // channels: of one anchor, or of the cell where classes are shared
};
using Heads = std::map<int32_t, Head>;  // by stride

Match FromHeads(const Evidence& e, Family family, const Heads& heads) {
  Match match;
  DecodeContract& c = match.contract;
  c.family = family;
  c.scores_activated = e.Has("sigmoid");
  for (const auto& [stride, head] : heads) {
    c.outputs.push_back({head.output->index, OutputRole::kAll, head.view.layout, stride,
                         AnchorsFor(e, family, c.strides.size(), heads.size())});
    c.strides.push_back(stride);
  }
  return match;
}

// A view as a YOLOv5 head with channels counted for one anchor: a map of A (5 + C) channels, A maps
// of 5 + C, or a list of A h w rows.
std::optional<View> AsHead(const Evidence& e, View view, int64_t anchors) {
  if (view.stride == 0) {
    for (const int32_t s : e.strides()) {
      if (view.cells == anchors * CellsAt(e.width, e.height, s)) {
        view.stride = s;
      }
    }
    return view.stride != 0 && view.layout == OutputLayout::kChannelsLast ? std::optional(view)
                                                                          : std::nullopt;
  }
  if (view.anchors != 0) {
    return view.anchors == anchors ? std::optional(view) : std::nullopt;
  }
  if (view.channels % anchors != 0) {
    return std::nullopt;
  }
  view.channels /= anchors;
  return view;
}

std::optional<Match> Yolov5Heads(const Evidence& e) {
  Heads heads;
  const int64_t anchors = AnchorCount(e, e.outputs.size());
  int64_t channels = 0;
  for (const OutputFacts& o : e.outputs) {
    if (!e.forced() && o.parts.size() > 1) {
      return std::nullopt;  // boxes and classes joined in one head belong to another family
    }
    const size_t before = heads.size();
    for (const View& v : ViewsOf(o.shape, e.width, e.height, e.strides())) {
      const std::optional<View> view = AsHead(e, v, anchors);
      if (view.has_value() && view->channels >= 6 &&
          (channels == 0 || view->channels == channels) && !heads.contains(view->stride)) {
        channels = view->channels;
        heads.emplace(view->stride, Head{&o, *view});
        break;
      }
    }
    if (heads.size() == before) {
      return std::nullopt;
    }
  }
  if (heads.empty() || (!e.forced() && heads.size() < 2)) {
    return std::nullopt;
  }
  Match match = FromHeads(e, Family::kYolov5, heads);
  match.contract.classes = static_cast<int32_t>(channels - 5);
  match.why = StrCat(heads.size(), " outputs of ", anchors, " x ", channels,
                     " channels on the grids of strides ", StridesText(match.contract.strides),
                     match.contract.scores_activated ? ", after a sigmoid" : ", without a sigmoid");
  return match;
}

// One output of [1, N, 5 + C] rows for all levels. Others (the raw heads, which some exports add)
// are not read.
std::optional<Match> Yolov5Rows(const Evidence& e) {
  const size_t given_levels = e.forced() ? e.given->strides.size() : 0;
  const int64_t anchors = AnchorCount(e, given_levels == 0 ? 3 : given_levels);
  for (const OutputFacts& o : e.outputs) {
    for (const View& v : ViewsOf(o.shape, e.width, e.height, e.strides())) {
      if (v.stride != 0 || v.channels < 6) {
        continue;
      }
      const std::vector<int32_t> strides = StridesFor(e, v.cells, anchors);
      if (strides.size() < 2) {
        continue;
      }
      Match match;
      DecodeContract& c = match.contract;
      c.family = Family::kYolov5;
      c.classes = static_cast<int32_t>(v.channels - 5);
      c.strides = strides;
      c.scores_activated = o.Has("sigmoid");
      c.boxes_decoded = o.Has("mul") || o.Has("pow") || o.Has("add") || o.Has("sub");
      artifact::DecodeOutput rows{o.index, OutputRole::kAll, v.layout, 0, {}};
      for (size_t k = 0; k < strides.size(); ++k) {
        const std::vector<float> own = AnchorsFor(e, Family::kYolov5, k, strides.size());
        rows.anchors.insert(rows.anchors.end(), own.begin(), own.end());
      }
      c.outputs = {rows};
      match.why = StrCat(v.cells, " rows of ", v.channels, ": ", anchors,
                         " boxes a cell at strides ", StridesText(strides),
                         c.boxes_decoded ? ", decoded in the graph" : ", not decoded");
      return match;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Match> MatchYolov5(const Evidence& e) {
  std::optional<Match> match = Yolov5Heads(e);
  return match.has_value() ? match : Yolov5Rows(e);
}

// Channels of a map: 4 an anchor, 1 an anchor, C shared by the anchors.
std::optional<Match> MatchYoloFastestV2(const Evidence& e) {
  Heads heads;
  const int64_t anchors = AnchorCount(e, e.outputs.size());
  int64_t channels = 0;
  for (const OutputFacts& o : e.outputs) {
    const bool joined =
        o.parts.size() == 3 && o.parts[0].channels == 4 * anchors && o.parts[1].channels == anchors;
    if (!e.forced() && !joined) {
      return std::nullopt;
    }
    for (const View& v : ViewsOf(o.shape, e.width, e.height, e.strides())) {
      if (v.stride != 0 && v.anchors == 0 && v.channels > 5 * anchors &&
          (channels == 0 || v.channels == channels) && !heads.contains(v.stride)) {
        channels = v.channels;
        heads.emplace(v.stride, Head{&o, v});
        break;
      }
    }
  }
  if (heads.empty() || heads.size() != e.outputs.size()) {
    return std::nullopt;
  }
  Match match = FromHeads(e, Family::kYoloFastestV2, heads);
  match.contract.classes = static_cast<int32_t>(channels - 5 * anchors);
  match.why = StrCat(heads.size(), " maps joined from ", 4 * anchors, " box, ", anchors,
                     " objectness and ", match.contract.classes, " class channels at strides ",
                     StridesText(match.contract.strides));
  return match;
}

}  // namespace plumb::contract
