#include "plumb/verify/detections.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "plumb/verify/box_match.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/decode_level.h"

namespace plumb::verify {
namespace {

constexpr size_t kMostLevels = 64;
constexpr float kWidestDoubled = 2.1375f;  // (2 sigmoid(1))^2

}  // namespace

double MatchCount::MedianShift() const {
  if (score_shifts.empty()) {
    return 0;
  }
  std::vector<double> sorted = score_shifts;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

void CountMatches(std::span<const vision::Detection> reference,
                  std::span<const vision::Detection> other, const Gate& gate, MatchCount& count) {
  BoxMatcher matcher(other, gate.match_iou);
  for (size_t i = 0; i < other.size(); ++i) {
    if (!(other[i].score >= gate.integer_score)) {
      matcher.Exclude(i);
    }
  }
  for (const vision::Detection& wanted : reference) {
    if (wanted.score < gate.float_score) {
      continue;
    }
    ++count.expected;
    if (const auto found = matcher.Take(wanted)) {
      ++count.matched;
      count.score_shifts.push_back(
          std::fabs(static_cast<double>(wanted.score) - other[found->index].score));
    }
  }
}

ScoreBand DoubledScores(const artifact::DecodeContract& contract) {
  constexpr float kLow = 0.5f, kHigh = 0.7311f;  // sigmoid(0), sigmoid(1)
  constexpr float kE = 2.71829f;
  const auto classes = static_cast<float>(std::max(1, contract.classes));
  switch (contract.family) {
    case artifact::Family::kYolov8:
    case artifact::Family::kYunet:  // the root of two such
      return {kLow, kHigh};
    case artifact::Family::kYoloFastestV2:  // sigmoid of the objectness, softmax over the classes
      return {kLow / classes, kHigh * kE / (kE + classes - 1)};
    case artifact::Family::kSsd:  // softmax with the background
      return {1 / (kE + classes), kE / (kE + classes)};
    default:
      return {kLow * kLow, kHigh * kHigh};
  }
}

void ScoreStatistics::Add(float score, const ScoreBand& band, float threshold) {
  if (!std::isfinite(score)) {
    ++not_finite;
    return;
  }
  constexpr float kSlack =
      1e-5f;  // float sums of a softmax or product may exceed 1 by an ulp or two
  least = cells == 0 ? score : std::min(least, score);
  greatest = cells == 0 ? score : std::max(greatest, score);
  ++cells;
  passing += score >= threshold;
  outside += score < -kSlack || score > 1 + kSlack;
  constexpr float kEdge = 1e-3f;  // a step or two of a table of the activation
  narrow += score >= band.low - kEdge && score <= band.high + kEdge;
  if (levels.size() < kMostLevels &&
      std::find(levels.begin(), levels.end(), score) == levels.end()) {
    levels.push_back(score);
  }
}

Result<std::vector<vision::Detection>> EveryCell(const artifact::DecodeContract& contract,
                                                 std::span<const ConstTensorView> outputs,
                                                 int width, int height) {
  vision::DecodeOptions every_cell;
  every_cell.score_threshold = -std::numeric_limits<float>::infinity();
  every_cell.class_mode = vision::ClassMode::kBest;
  return vision::Decode(contract, outputs, width, height, every_cell);
}

void AddScores(const artifact::DecodeContract& contract, std::span<const vision::Detection> cells,
               std::span<const RoleValues> values, ScoreStatistics& statistics) {
  const ScoreBand band = DoubledScores(contract);
  for (const vision::Detection& cell : cells) {
    statistics.Add(cell.score, band, contract.score_threshold);
  }
  for (const RoleValues& box : values) {
    if (box.role != artifact::OutputRole::kBox || box.anchor_sizes.empty()) {
      continue;
    }
    for (size_t a = 0; a < box.anchors; ++a) {
      for (size_t cell = 0; cell < box.cells; ++cell) {
        bool within = true;
        for (const size_t side : {size_t{2}, size_t{3}}) {
          const float v = box(a, cell, side);
          const float t = 2 * (contract.scores_activated ? v : vision::Sigmoid(v));
          within = within && t * t >= 1.0f - 1e-3f && t * t <= kWidestDoubled + 1e-3f;
        }
        statistics.anchored += within;
        ++statistics.anchor_boxes;
      }
    }
  }
}

}  // namespace plumb::verify
