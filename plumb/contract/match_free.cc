// Families without anchors: YOLOv8 and 11, YOLOX.
#include <map>
#include <utility>

#include "plumb/contract/families.h"

namespace plumb::contract {
namespace {

using artifact::DecodeContract;
using artifact::Family;
using artifact::OutputLayout;
using artifact::OutputRole;

struct Piece {
  const OutputFacts* output;
  View view;
};

// Outputs by stride; lists that hold all levels stand under 0.
struct Levels {
  std::map<int32_t, std::vector<Piece>> by_stride;
  std::vector<int32_t> all;  // the strides that the lists hold

  [[nodiscard]] std::vector<int32_t> Strides() const {
    if (by_stride.contains(0)) {
      return all;
    }
    std::vector<int32_t> out;
    for (const auto& [stride, pieces] : by_stride) {
      out.push_back(stride);
    }
    return out;
  }
};

// Nothing when an output fits no grid.
std::optional<Levels> ByStride(const Evidence& e) {
  Levels levels;
  for (const OutputFacts& o : e.outputs) {
    bool found = false;
    for (View v : ViewsOf(o.shape, e.width, e.height, e.strides())) {
      if (v.stride == 0) {
        const std::vector<int32_t> strides = StridesFor(e, v.cells, 1);
        if (strides.empty()) {
          continue;
        }
        if (strides.size() == 1) {
          v.stride = strides[0];
        } else {
          levels.all = strides;
        }
      }
      levels.by_stride[v.stride].push_back({&o, v});
      found = true;
      break;
    }
    if (!found) {
      return std::nullopt;
    }
  }
  return levels;
}

void AddOutput(DecodeContract& c, const Piece& p, OutputRole role, int32_t stride) {
  c.outputs.push_back({p.output->index, role, p.view.layout, stride, {}});
}

bool HasArithmetic(const OutputFacts& o) { return o.Has("add") || o.Has("sub") || o.Has("mul"); }

int64_t DistributionChannels(const Evidence& e) {
  return 4 * (e.forced() && e.given->reg_max.has_value() ? *e.given->reg_max : 16);
}

// A level's outputs as boxes, classes and perhaps the zoo's score sum.
bool SplitYolov8Level(const Evidence& e, int32_t stride, const std::vector<Piece>& pieces,
                      DecodeContract& c) {
  const Piece *box = nullptr, *classes = nullptr, *sum = nullptr;
  for (const int64_t channels :
       {DistributionChannels(e), int64_t{4}}) {  // plain distances where no distribution is
    for (const Piece& p : pieces) {
      if (box == nullptr && p.view.channels == channels && !p.output->Has("sigmoid")) {
        box = &p;
      }
    }
  }
  for (const Piece& p : pieces) {
    const bool may_be_sum = p.view.channels == 1 && pieces.size() == 3;
    if (&p == box) {
      continue;
    }
    if (may_be_sum && sum == nullptr && (p.output->Has("reduce_sum") || classes != nullptr)) {
      sum = &p;
    } else if (classes == nullptr) {
      classes = &p;
    } else if (classes->view.channels == 1 && sum == nullptr) {
      sum = std::exchange(classes, &p);
    } else {
      return false;
    }
  }
  // Without a sum's arithmetic, box, one channel and classes are YOLOX's.
  if (box == nullptr || classes == nullptr || pieces.size() > 3 ||
      (!e.forced() && sum != nullptr && box->view.channels == 4 &&
       !sum->output->Has("reduce_sum"))) {
    return false;
  }
  const int32_t reg_max = static_cast<int32_t>(box->view.channels / 4);
  if (!c.outputs.empty() && (c.reg_max != reg_max || c.classes != classes->view.channels)) {
    return false;
  }
  c.reg_max = reg_max;
  c.classes = static_cast<int32_t>(classes->view.channels);
  c.scores_activated = classes->output->Has("sigmoid");
  AddOutput(c, *box, OutputRole::kBox, stride);
  AddOutput(c, *classes, OutputRole::kClasses, stride);
  if (sum != nullptr) {
    AddOutput(c, *sum, OutputRole::kScoreSum, stride);
  }
  if (stride == 0 && reg_max == 1 && HasArithmetic(*box->output)) {
    c.boxes_decoded = true;
    c.reg_max = 16;
  }
  return true;
}

// One output with boxes and classes.
bool JoinedYolov8Level(const Evidence& e, int32_t stride, const Piece& p, DecodeContract& c) {
  const OutputFacts& o = *p.output;
  const bool decoded =
      stride == 0 &&
      (e.forced() && e.given->decoded.has_value() ? *e.given->decoded : HasArithmetic(o));
  const int64_t boxes = decoded ? 4 : DistributionChannels(e);
  // Known by what it joins (box and class values), decoded boxes also by the distribution's
  // softmax.
  const bool joined = o.parts.size() == 2 && o.parts[0].channels == boxes;
  const bool particular = joined || (decoded && o.Has("softmax"));
  const int32_t classes = static_cast<int32_t>(p.view.channels - boxes);
  if ((!particular && !e.forced()) || classes < 1 || (!c.outputs.empty() && c.classes != classes)) {
    return false;
  }
  c.classes = classes;
  c.boxes_decoded = decoded;
  c.reg_max = static_cast<int32_t>(DistributionChannels(e) / 4);
  c.scores_activated = o.Has("sigmoid");
  AddOutput(c, p, OutputRole::kAll, stride);
  return true;
}

}  // namespace

std::optional<Match> MatchYolov8(const Evidence& e) {
  std::optional<Levels> levels = ByStride(e);
  if (!levels.has_value()) {
    return std::nullopt;
  }
  // A decoded list beside raw heads, which some exports add: the list is read.
  if (levels->by_stride.contains(0) && levels->by_stride.size() > 1) {
    levels->by_stride = {{0, levels->by_stride[0]}};
  }
  Match match;
  DecodeContract& c = match.contract;
  c.family = Family::kYolov8;
  size_t kinds = 0;
  for (const auto& [stride, pieces] : levels->by_stride) {
    kinds = pieces.size();
    if (kinds == 1 ? !JoinedYolov8Level(e, stride, pieces[0], c)
                   : !SplitYolov8Level(e, stride, pieces, c)) {
      return std::nullopt;
    }
  }
  c.strides = levels->Strides();
  const std::string strides = StridesText(c.strides);
  constexpr std::string_view kKinds[] = {"", "joined box and class", "separate box and class",
                                         "box, class and score-sum"};
  match.why =
      c.boxes_decoded
          ? StrCat("4 box values and ", c.classes, " class scores for each cell of strides ",
                   strides, ", decoded in the graph")
          : StrCat(kKinds[std::min<size_t>(kinds, 3)], " outputs (", 4 * c.reg_max, " and ",
                   c.classes, " channels) at strides ", strides);
  return match;
}

std::optional<Match> MatchYolox(const Evidence& e) {
  const std::optional<Levels> levels = ByStride(e);
  if (!levels.has_value()) {
    return std::nullopt;
  }
  Match match;
  DecodeContract& c = match.contract;
  c.family = Family::kYolox;
  for (const auto& [stride, pieces] : levels->by_stride) {
    int64_t classes = 0;
    if (pieces.size() == 1) {
      const Piece& p = pieces[0];
      const OutputFacts& o = *p.output;
      const bool joined =
          o.parts.size() == 3 && o.parts[0].channels == 4 && o.parts[1].channels == 1;
      if (p.view.channels < 6 || (!e.forced() && !joined &&
                                  (stride != 0 || p.view.layout != OutputLayout::kChannelsLast))) {
        return std::nullopt;
      }
      classes = p.view.channels - 5;
      c.boxes_decoded = stride == 0 && o.Has("exp");
      AddOutput(c, p, OutputRole::kAll, stride);
    } else if (pieces.size() == 3) {
      const Piece *box = nullptr, *objectness = nullptr, *cls = nullptr;
      for (const Piece& p : pieces) {
        const bool is_box = box == nullptr && p.view.channels == 4 && !p.output->Has("sigmoid");
        const bool is_objectness =
            objectness == nullptr && p.view.channels == 1 && !p.output->Has("reduce_sum");
        const Piece*& slot = is_box ? box : is_objectness ? objectness : cls;
        if (slot != nullptr) {
          return std::nullopt;
        }
        slot = &p;
      }
      if (box == nullptr || objectness == nullptr || cls == nullptr) {
        return std::nullopt;
      }
      classes = cls->view.channels;
      AddOutput(c, *box, OutputRole::kBox, stride);
      AddOutput(c, *objectness, OutputRole::kObjectness, stride);
      AddOutput(c, *cls, OutputRole::kClasses, stride);
    } else {
      return std::nullopt;
    }
    if (c.classes != 0 && c.classes != classes) {
      return std::nullopt;
    }
    c.classes = static_cast<int32_t>(classes);
  }
  if (c.outputs.empty()) {
    return std::nullopt;
  }
  c.strides = levels->Strides();
  c.scores_activated = e.Has("sigmoid");
  match.why =
      StrCat("4 box values, objectness and ", c.classes, " class scores for each cell of strides ",
             StridesText(c.strides), c.boxes_decoded ? ", decoded in the graph" : ", not decoded");
  return match;
}

}  // namespace plumb::contract
