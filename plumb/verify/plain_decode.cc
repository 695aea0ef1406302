#include "plumb/verify/plain_decode.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "plumb/numerics/simd_scalar.h"
// After the vector types that it works on.
#include "plumb/numerics/elementary.h"
#include "plumb/vision/nms.h"

namespace plumb::verify {
namespace {

using artifact::DecodeContract;
using artifact::DecodeOutput;
using artifact::Family;
using artifact::OutputLayout;
using artifact::OutputRole;
using vision::Detection;

float Exp(float x) { return numerics::Exp(numerics::scalar::F32::Set(x)).v; }
float Sigmoid(float x) { return numerics::Sigmoid(numerics::scalar::F32::Set(x)).v; }

// The values of one role at one level: [anchor][cell][channel].
struct Values {
  int64_t anchors = 0, cells = 0, channels = 0;
  std::vector<float> data;
  [[nodiscard]] bool empty() const { return data.empty(); }
  [[nodiscard]] float At(int64_t anchor, int64_t cell, int64_t channel) const {
    return data[static_cast<size_t>((anchor * cells + cell) * channels + channel)];
  }
};

struct PlainLevel {
  int64_t width = 0, cells = 0;  // of the grid; width 0: no grid
  std::vector<float> anchors;    // w, h pairs
  std::map<OutputRole, Values> roles;
};
using Levels = std::map<int32_t, PlainLevel>;  // by stride, ascending

// Element (anchor, cell, channel) of a tensor that holds `anchors` sets of `channels` for each of `cells` cells, of which
// the tensor has `all_cells` (more than one level's, from `first` on).
struct Where {
  OutputLayout layout;
  int64_t anchors, channels, all_cells;
  bool listed;  // the anchors of a level are cells one after another
  [[nodiscard]] int64_t operator()(int64_t anchor, int64_t cell, int64_t first, int64_t cells,
                                   int64_t channel) const {
    const int64_t row = listed ? first + anchor * cells + cell : first + cell;
    const int64_t column = listed ? channel : anchor * channels + channel;
    const int64_t columns = listed ? channels : anchors * channels;
    switch (layout) {
      case OutputLayout::kChannelsFirst:
        return column * all_cells + row;
      case OutputLayout::kChannelsLast:
        return row * columns + column;
      case OutputLayout::kAnchorsFirst:
        return (anchor * cells + cell) * channels + channel;
    }
    return 0;
  }
};

int64_t CellsAlong(int size, int32_t stride) { return (size + stride - 1) / stride; }

// Channels of one anchor in a role.
int64_t ChannelsOf(const DecodeContract& c, OutputRole role, int64_t anchors) {
  const int64_t box = c.family == Family::kYolov8 && !c.boxes_decoded ? 4 * c.reg_max : 4;
  const bool fastest = c.family == Family::kYoloFastestV2;
  const bool objectness = c.family != Family::kYolov8 && c.family != Family::kSsd;
  switch (role) {
    case OutputRole::kBox:
      return fastest ? 4 * anchors : box;
    case OutputRole::kObjectness:
      return fastest ? anchors : 1;
    case OutputRole::kClasses:
      return c.family == Family::kSsd ? c.classes + 1 : c.classes;
    case OutputRole::kKeypoints:
      return 10;
    case OutputRole::kAll:
      return fastest ? 5 * anchors + c.classes : box + (objectness ? 1 : 0) + c.classes;
    case OutputRole::kIgnored:
    case OutputRole::kScoreSum:
      return 0;
  }
  return 0;
}

// Copies one output into its level, or into all of them.
void CopyOut(const DecodeContract& c, const DecodeOutput& output, const ConstTensorView& tensor,
             int width, int height, Levels& levels) {
  const bool own_anchors =
      c.family == Family::kYolov5 && output.role == OutputRole::kAll && !c.boxes_decoded;
  std::vector<int32_t> strides = {output.stride};
  if (output.stride == 0 && !c.boxes_decoded) {
    strides = c.strides;
  }
  const auto pairs = static_cast<int64_t>(output.anchors.size() / 2);
  const int64_t each = pairs / static_cast<int64_t>(strides.size());  // anchors of a level
  const int64_t anchors = own_anchors ? each : 1;
  const int64_t channels = ChannelsOf(c, output.role, each);
  const int64_t all_cells = tensor.size() / (anchors * channels);  // of one anchor
  const bool rows_only = tensor.shape.size() < 4;
  const bool listed =
      anchors > 1 && output.layout != OutputLayout::kAnchorsFirst && rows_only &&
      std::find(tensor.shape.begin(), tensor.shape.end(), channels) != tensor.shape.end();
  int64_t first = 0;
  for (size_t l = 0; l < strides.size(); ++l) {
    PlainLevel& level = levels[strides[l]];
    if (strides[l] == 0) {
      level.cells = all_cells;
    } else if (output.stride != 0 && tensor.shape.size() >= 4) {
      const bool last = output.layout == OutputLayout::kChannelsFirst;
      const size_t rank = tensor.shape.size();
      level.width = last ? tensor.shape[rank - 1] : tensor.shape[rank - 2];
      level.cells = all_cells;
    } else {
      level.width = CellsAlong(width, strides[l]);
      level.cells = level.width * CellsAlong(height, strides[l]);
    }
    if (level.anchors.empty()) {
      level.anchors.assign(output.anchors.begin() + 2 * each * static_cast<int64_t>(l),
                           output.anchors.begin() + 2 * each * static_cast<int64_t>(l + 1));
    }
    const Where where{output.layout, anchors, channels, listed ? all_cells * anchors : all_cells,
                      listed};
    Values& values = level.roles[output.role];
    values = {anchors, level.cells, channels, {}};
    for (int64_t a = 0; a < anchors; ++a) {
      for (int64_t cell = 0; cell < level.cells; ++cell) {
        for (int64_t k = 0; k < channels; ++k) {
          values.data.push_back(tensor.data<float>()[where(a, cell, first, level.cells, k)]);
        }
      }
    }
    first += level.cells * (listed ? anchors : 1);
  }
}

// What one cell says of one box, whatever outputs it is spread over.
struct Cell {
  const DecodeContract& contract;
  const PlainLevel& level;
  int64_t anchor, cell;

  [[nodiscard]] float Value(OutputRole role, int64_t channel) const {
    const auto found = level.roles.find(role);
    if (found != level.roles.end()) {
      const int64_t a = found->second.anchors > 1 ? anchor : 0;
      return found->second.At(a, cell, channel);
    }
    const Values& all = level.roles.at(OutputRole::kAll);
    const bool fastest = contract.family == Family::kYoloFastestV2;
    const int64_t sets = fastest ? static_cast<int64_t>(level.anchors.size() / 2) : 1;
    const int64_t boxes = contract.family == Family::kYolov8 && !contract.boxes_decoded
                              ? 4 * contract.reg_max
                              : 4 * sets;
    const int64_t objectness = contract.family == Family::kYolov8 ? 0 : sets;
    const int64_t start = role == OutputRole::kBox          ? 0
                          : role == OutputRole::kObjectness ? boxes
                                                            : boxes + objectness;
    return all.At(all.anchors > 1 ? anchor : 0, cell, start + channel);
  }
  // Through the logistic function unless the graph has applied it.
  [[nodiscard]] float Activated(OutputRole role, int64_t channel) const {
    const float v = Value(role, channel);
    return contract.scores_activated ? v : Sigmoid(v);
  }
};

Detection Centred(float cx, float cy, float w, float h) {
  return {cx - w * 0.5F, cy - h * 0.5F, cx + w * 0.5F, cy + h * 0.5F, 0, 0, {}};
}

Detection DecodedBox(const Cell& c) {
  const auto v = [&](int64_t k) { return c.Value(OutputRole::kBox, k); };
  return Centred(v(0), v(1), v(2), v(3));
}

Detection AnchorBox(const Cell& c, float stride, float i, float j) {
  const int64_t first = c.contract.family == Family::kYoloFastestV2 ? 4 * c.anchor : 0;
  const auto t = [&](int64_t k) { return c.Activated(OutputRole::kBox, first + k); };
  const float w = 2.0F * t(2), h = 2.0F * t(3);
  const auto a = static_cast<size_t>(2 * c.anchor);
  return Centred((2.0F * t(0) - 0.5F + i) * stride, (2.0F * t(1) - 0.5F + j) * stride,
                 w * w * c.level.anchors[a], h * h * c.level.anchors[a + 1]);
}

// The expected bin of one side (yolov8).
float ExpectedBin(const Cell& c, int64_t side) {
  const int64_t bins = c.contract.reg_max;
  const auto v = [&](int64_t k) { return c.Value(OutputRole::kBox, side * bins + k); };
  if (bins == 1) {
    return v(0);
  }
  float top = v(0);
  for (int64_t k = 1; k < bins; ++k) {
    top = std::max(top, v(k));
  }
  float sum = 0, weighted = 0;
  for (int64_t k = 0; k < bins; ++k) {
    sum += Exp(v(k) - top);
    weighted += Exp(v(k) - top) * static_cast<float>(k);
  }
  return weighted / sum;
}

Detection BoxOf(const Cell& c, int32_t level_stride, int input_width, int input_height) {
  if (c.contract.family == Family::kSsd) {
    const auto v = [&](int64_t k) { return c.Value(OutputRole::kBox, k); };
    const auto w = static_cast<float>(input_width), h = static_cast<float>(input_height);
    return {v(0) * w, v(1) * h, v(2) * w, v(3) * h, 0, 0, {}};
  }
  if (c.contract.boxes_decoded) {
    return DecodedBox(c);
  }
  const auto s = static_cast<float>(level_stride);
  const auto i = static_cast<float>(c.cell % c.level.width),
             j = static_cast<float>(c.cell / c.level.width);
  const auto v = [&](int64_t k) { return c.Value(OutputRole::kBox, k); };
  switch (c.contract.family) {
    case Family::kYolov5:
    case Family::kYoloFastestV2:
      return AnchorBox(c, s, i, j);
    case Family::kYolov8: {
      const float x = i + 0.5F, y = j + 0.5F;
      return {(x - ExpectedBin(c, 0)) * s,
              (y - ExpectedBin(c, 1)) * s,
              (x + ExpectedBin(c, 2)) * s,
              (y + ExpectedBin(c, 3)) * s,
              0,
              0,
              {}};
    }
    default: {  // yolox, yunet
      Detection box = Centred((v(0) + i) * s, (v(1) + j) * s, Exp(v(2)) * s, Exp(v(3)) * s);
      if (c.level.roles.contains(OutputRole::kKeypoints)) {
        for (int64_t k = 0; k < 10; k += 2) {
          box.keypoints.push_back((c.Value(OutputRole::kKeypoints, k) + i) * s);
          box.keypoints.push_back((c.Value(OutputRole::kKeypoints, k + 1) + j) * s);
        }
      }
      return box;
    }
  }
}

// The scores of all classes of one box.
std::vector<float> ScoresOf(const Cell& c) {
  std::vector<float> scores;
  const Family family = c.contract.family;
  const bool softmax = family == Family::kYoloFastestV2 || family == Family::kSsd;
  const int64_t count = c.contract.classes + (family == Family::kSsd ? 1 : 0);
  for (int64_t k = 0; k < count; ++k) {
    scores.push_back(softmax ? c.Value(OutputRole::kClasses, k)
                             : c.Activated(OutputRole::kClasses, k));
  }
  if (softmax && !c.contract.scores_activated) {
    const float top = *std::max_element(scores.begin(), scores.end());
    float sum = 0;
    for (float& s : scores) {
      s = Exp(s - top);
      sum += s;
    }
    for (float& s : scores) {
      s /= sum;
    }
  }
  if (family == Family::kSsd) {
    scores.erase(scores.begin());  // the background
  } else if (family == Family::kYunet) {
    const float objectness = std::clamp(c.Activated(OutputRole::kObjectness, 0), 0.0F, 1.0F);
    scores[0] = std::sqrt(std::clamp(scores[0], 0.0F, 1.0F) * objectness);
  } else if (family != Family::kYolov8) {
    const int64_t at = family == Family::kYoloFastestV2 ? c.anchor : 0;
    const float objectness = c.Activated(OutputRole::kObjectness, at);
    for (float& s : scores) {
      s = objectness * s;
    }
  }
  return scores;
}

float Overlap(const Detection& a, const Detection& b) {
  const float w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const float h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (!(w > 0) || !(h > 0)) {
    return 0;
  }
  const float all = (a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - w * h;
  return all > 0 ? w * h / all : 0;
}

// Repeatedly the best that is left, unless one that was taken covers it.
std::vector<Detection> Suppressed(std::vector<Detection> left, const DecodeContract& c) {
  std::vector<Detection> taken;
  while (!left.empty() && static_cast<int64_t>(taken.size()) < c.max_detections) {
    const auto best =
        std::max_element(left.begin(), left.end(),
                         [](const Detection& a, const Detection& b) { return a.score < b.score; });
    const bool covered = std::any_of(taken.begin(), taken.end(), [&](const Detection& t) {
      return (c.class_agnostic_nms || t.label == best->label) &&
             Overlap(t, *best) > c.iou_threshold;
    });
    if (!covered) {
      taken.push_back(*best);
    }
    left.erase(best);
  }
  return taken;
}

std::string BoxText(const Detection& d) {
  return StrCat("class ", d.label, " score ", d.score, " at ", d.x1, ",", d.y1, ",", d.x2, ",",
                d.y2);
}

}  // namespace

Result<std::vector<Detection>> PlainBoxes(const DecodeContract& contract,
                                          std::span<const ConstTensorView> outputs, int input_width,
                                          int input_height) {
  std::vector<Shape> shapes;
  for (const ConstTensorView& view : outputs) {
    shapes.emplace_back(view.shape.begin(), view.shape.end());
  }
  PLUMB_RETURN_IF_ERROR(vision::CheckDecode(contract, shapes, input_width, input_height));
  Levels levels;
  for (const DecodeOutput& output : contract.outputs) {
    if (output.role != OutputRole::kIgnored && output.role != OutputRole::kScoreSum) {
      CopyOut(contract, output, outputs[static_cast<size_t>(output.output)], input_width,
              input_height, levels);
    }
  }
  std::vector<Detection> candidates;
  for (const auto& [stride, level] : levels) {
    const bool by_cell =
        contract.family == Family::kYoloFastestV2;  // its anchors stand inside a cell
    const bool anchored = contract.family == Family::kYolov5 || by_cell;
    const int64_t anchors =
        anchored && !contract.boxes_decoded ? static_cast<int64_t>(level.anchors.size() / 2) : 1;
    for (int64_t n = 0; n < anchors * level.cells; ++n) {
      const Cell cell{contract, level, by_cell ? n % anchors : n / level.cells,
                      by_cell ? n / anchors : n % level.cells};
      const std::vector<float> scores = ScoresOf(cell);
      int32_t best = -1;  // the first of the greatest that reach the threshold
      for (int32_t k = 0; k < static_cast<int32_t>(scores.size()); ++k) {
        const float score = scores[static_cast<size_t>(k)];
        if (score >= contract.score_threshold &&
            (best < 0 || score > scores[static_cast<size_t>(best)])) {
          best = k;
        }
      }
      if (best < 0) {
        continue;
      }
      Detection box = BoxOf(cell, stride, input_width, input_height);
      if (std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) &&
          std::isfinite(box.y2)) {
        box.score = scores[static_cast<size_t>(best)];
        box.label = best;
        candidates.push_back(std::move(box));
      }
    }
  }
  return Suppressed(std::move(candidates), contract);
}

Status AddDecodeCheck(const DecodeContract& contract, std::span<const ConstTensorView> outputs,
                      int input_width, int input_height, DecodeCheck& check) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<Detection> wanted,
                         PlainBoxes(contract, outputs, input_width, input_height));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<Detection> found,
                         vision::Boxes(contract, outputs, input_width, input_height, {}));
  ++check.pictures;
  size_t same = 0;
  while (same < std::min(wanted.size(), found.size()) && wanted[same] == found[same]) {
    ++same;
  }
  check.boxes += same;
  if (check.difference.empty() && (same < wanted.size() || same < found.size())) {
    check.difference = StrCat("picture ", check.pictures, ", box ", same + 1, ": ",
                              same < found.size() ? BoxText(found[same]) : "none", "; expected ",
                              same < wanted.size() ? BoxText(wanted[same]) : "none");
  }
  return {};
}

}  // namespace plumb::verify
