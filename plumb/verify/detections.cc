#include "plumb/verify/detections.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "plumb/vision/decode.h"
#include "plumb/vision/nms.h"

namespace plumb::verify {
namespace {

constexpr size_t kMostLevels = 64;
constexpr float kDoubleSigmoidLow = 0.25f,
                kDoubleSigmoidHigh = 0.535f;  // sigmoid(p) * sigmoid(q) for p, q in 0..1
constexpr float kDoubleSigmoidWidth = 2.14f;  // (2 sigmoid(1))^2

std::string Percent(double share) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f %%", 100 * share);
  return text;
}

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
  std::vector<bool> taken(other.size(), false);
  for (const vision::Detection& wanted : reference) {
    if (wanted.score < gate.float_score) {
      continue;
    }
    ++count.expected;
    size_t best = other.size();
    float best_iou = gate.match_iou;
    for (size_t i = 0; i < other.size(); ++i) {
      const float iou = vision::Iou(wanted, other[i]);
      if (!taken[i] && other[i].label == wanted.label && other[i].score >= gate.integer_score &&
          iou >= best_iou) {
        best_iou = iou;
        best = i;
      }
    }
    if (best < other.size()) {
      taken[best] = true;
      ++count.matched;
      count.score_shifts.push_back(
          std::fabs(static_cast<double>(wanted.score) - other[best].score));
    }
  }
}

void ScoreStatistics::Add(float score) {
  if (!std::isfinite(score)) {
    ++not_finite;
    return;
  }
  constexpr float kSlack =
      1e-5f;  // float sums of a softmax or product may exceed 1 by an ulp or two
  least = cells == 0 ? score : std::min(least, score);
  greatest = cells == 0 ? score : std::max(greatest, score);
  ++cells;
  outside += score < -kSlack || score > 1 + kSlack;
  narrow += score >= kDoubleSigmoidLow && score <= kDoubleSigmoidHigh;
  if (levels.size() < kMostLevels &&
      std::find(levels.begin(), levels.end(), score) == levels.end()) {
    levels.push_back(score);
  }
}

Status AddScores(const artifact::DecodeContract& contract, std::span<const ConstTensorView> outputs,
                 int width, int height, ScoreStatistics& statistics) {
  vision::DecodeOptions every_cell;
  every_cell.score_threshold = -std::numeric_limits<float>::infinity();
  every_cell.class_mode = vision::ClassMode::kBest;
  PLUMB_ASSIGN_OR_RETURN(const std::vector<vision::Detection> cells,
                         vision::Decode(contract, outputs, width, height, every_cell));
  for (const vision::Detection& cell : cells) {
    statistics.Add(cell.score);
    statistics.passing += cell.score >= contract.score_threshold;
  }
  // Boxes by anchor, where the decoder applies anchors: its order is level, anchor, cell.
  size_t at = 0;
  for (const artifact::DecodeOutput& output : contract.outputs) {
    if (output.anchors.empty() || output.stride <= 0) {
      return {};
    }
    const size_t per_anchor = static_cast<size_t>((width + output.stride - 1) / output.stride) *
                              static_cast<size_t>((height + output.stride - 1) / output.stride);
    for (size_t a = 0; a + 1 < output.anchors.size(); a += 2) {
      for (size_t i = 0; i < per_anchor && at < cells.size(); ++i, ++at) {
        const float ratio = (cells[at].x2 - cells[at].x1) / output.anchors[a];
        statistics.anchored += ratio >= 1.0f && ratio <= kDoubleSigmoidWidth;
        ++statistics.anchor_boxes;
      }
    }
  }
  return {};
}

std::vector<RuleResult> CheckScores(const artifact::DecodeContract& contract,
                                    const ScoreStatistics& reference,
                                    const ScoreStatistics& integer, const Gate& gate) {
  std::vector<RuleResult> results;
  const auto share = [](double part, double whole) { return whole > 0 ? part / whole : 0.0; };
  const double passing = share(integer.passing, integer.cells);
  const double float_passing = share(reference.passing, reference.cells);
  const bool crowded =
      passing > gate.s1_cells_ever || (passing > gate.s1_cells && passing > 3 * float_passing);
  results.push_back(
      {"S1", crowded, false,
       StrCat(Percent(passing), " of the cells pass score ", contract.score_threshold,
              " (float: ", Percent(float_passing), ", expected at most ", Percent(gate.s1_cells),
              "): is an activation applied twice, or missing?")});
  results.push_back({"S2", integer.outside > 0, true,
                     StrCat("scores lie between ", integer.least, " and ", integer.greatest,
                            "; expected 0 to 1: is a sigmoid missing?")});
  const double narrow = share(integer.narrow, integer.passing);
  constexpr double kFewest = 20;
  results.push_back(
      {"S3", integer.passing >= kFewest && narrow >= gate.s3_share, false,
       StrCat(Percent(narrow),
              " of the passing scores lie in [0.25, 0.535]: is a sigmoid applied twice?")});
  const double anchored = share(integer.anchored, integer.anchor_boxes);
  results.push_back(
      {"S4", integer.anchor_boxes >= kFewest && anchored >= gate.s4_share, false,
       StrCat(
           Percent(anchored),
           " of the boxes are 1 to 2.14 anchors wide: is a sigmoid applied twice to the boxes?")});
  const auto levels = static_cast<int>(integer.levels.size());
  const auto reference_levels = static_cast<int>(reference.levels.size());
  const bool coarse =
      integer.cells > 0 && levels <= gate.s5_levels && reference_levels > gate.s5_levels;
  results.push_back(
      {"S5", coarse, true,
       StrCat("the scores take ", levels, " distinct ", levels == 1 ? "level" : "levels",
              " (float: ",
              reference_levels >= static_cast<int>(kMostLevels) ? "many"
                                                                : std::to_string(reference_levels),
              "): do boxes and scores share one scale?")});
  return results;
}

}  // namespace plumb::verify
