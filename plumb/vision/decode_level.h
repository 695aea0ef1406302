// Inside vision: the outputs of a detector sorted by level, with one way to read a value whatever
// the layout.
#pragma once

#include <array>
#include <cmath>
#include <vector>

#include "plumb/vision/decode.h"

namespace plumb::vision {

// One output, or the part of it that belongs to one level.
struct Field {
  const float* data = nullptr;
  size_t anchor_step = 0, cell_step = 0, channel_step = 0;  // in elements

  [[nodiscard]] bool present() const { return channel_step != 0; }
  [[nodiscard]] float operator()(size_t anchor, size_t cell, size_t channel) const {
    return data[anchor * anchor_step + cell * cell_step + channel * channel_step];
  }
};

struct Level {
  int stride = 0;              // 0: decoded boxes, no grid
  int grid_width = 0;          // cells in a row; 0 without a grid
  size_t cells = 0;            // per anchor
  std::vector<float> anchors;  // w, h pairs
  Field all, box, objectness, classes, keypoints;
};

// How many channels a family expects in each role, per anchor; -1: the role is not used.
struct ChannelPlan {
  int all = -1, box = -1, objectness = -1, classes = -1, keypoints = -1;
  bool anchors_in_all =
      false;  // `all` holds `all` channels for every anchor (else one set shared by the anchors)
};

// Sorts outputs into levels and checks every shape. `data` may be null pointers when only checking.
[[nodiscard]] Result<std::vector<Level>> MakeLevels(const artifact::DecodeContract& contract,
                                                    std::span<const ConstTensorView> outputs,
                                                    int input_width, int input_height,
                                                    const ChannelPlan& plan);

// The same for the contract's family, with everything that its decoder asks for.
[[nodiscard]] Result<std::vector<Level>> LevelsOf(const artifact::DecodeContract& contract,
                                                  std::span<const ConstTensorView> outputs,
                                                  int input_width, int input_height);

// Exponential and logistic function of numerics/: the same bits on every machine.
[[nodiscard]] float Exp(float x);
[[nodiscard]] float Sigmoid(float x);
// A value below which Sigmoid(v) < threshold for certain (activated: the threshold itself): spares
// the function where nothing can come of it.
[[nodiscard]] float SurelyBelow(float threshold, bool activated);

// Collects candidates: applies threshold and class mode.
class Collector {
 public:
  Collector(const DecodeOptions& options, int classes) : options_(options), classes_(classes) {}

  // For each class that counts (score = Score(class)), a detection with Box(). Both are called only
  // where needed. `may_reach(class)`: false spares the score.
  template <typename MayReach, typename Score, typename Box>
  void Add(const MayReach& may_reach, const Score& score, const Box& box) {
    int best = -1;
    float best_score = 0;
    for (int c = 0; c < classes_; ++c) {
      if (!may_reach(c)) {
        continue;
      }
      const float s = score(c);
      if (!(s >= options_.score_threshold)) {
        continue;
      }
      if (options_.class_mode == ClassMode::kEvery) {
        Emit(box(), s, c);
      } else if (best < 0 || s > best_score) {
        best = c;
        best_score = s;
      }
    }
    if (best >= 0) {
      Emit(box(), best_score, best);
    }
  }

  void Emit(Detection d, float score, int label) {
    if (std::isfinite(d.x1) && std::isfinite(d.y1) && std::isfinite(d.x2) && std::isfinite(d.y2)) {
      d.score = score;
      d.label = label;
      found_.push_back(std::move(d));
    }
  }
  [[nodiscard]] std::vector<Detection> Take() { return std::move(found_); }

 private:
  DecodeOptions options_;
  int classes_;
  std::vector<Detection> found_;
};

[[nodiscard]] inline Detection FromCentre(float cx, float cy, float w, float h) {
  return {cx - w * 0.5F, cy - h * 0.5F, cx + w * 0.5F, cy + h * 0.5F, 0, 0, {}};
}

// A family's row in decode.cc.
struct FamilyDecoder {
  artifact::Family family;
  ChannelPlan (*plan)(const artifact::DecodeContract& contract, int anchors);
  void (*decode)(const artifact::DecodeContract& contract, const Level& level, int input_width,
                 int input_height, const DecodeOptions& options, Collector& out);
};
extern const FamilyDecoder kYolov5Decoder, kYolov8Decoder, kYoloxDecoder, kYoloFastestV2Decoder,
    kSsdDecoder, kYunetDecoder;

}  // namespace plumb::vision
