// Detections of the float network against those of the integer one, and the sanity rules that need no labels.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/verify/gate.h"
#include "plumb/verify/role_values.h"
#include "plumb/verify/rule_result.h"
#include "plumb/vision/detection.h"

namespace plumb::verify {

// Sums over pictures.
struct MatchCount {
  int expected = 0;  // float detections with gate.float_score or more
  int matched = 0;
  std::vector<double> score_shifts;  // |float score - integer score| of the matched

  [[nodiscard]] double Share() const {
    return expected == 0 ? 1.0 : static_cast<double>(matched) / expected;
  }
  [[nodiscard]] double MedianShift() const;
};

// Each float detection is matched to the integer detection of the same class with the greatest overlap that no other one
// took, in order of falling score.
void CountMatches(std::span<const vision::Detection> reference,
                  std::span<const vision::Detection> other, const Gate& gate, MatchCount& count);

// Where a detector's scores end up when the activation is applied to values that are probabilities
// already: sigmoid(p) * sigmoid(q) lies between 0.25 and 0.535 for all p and q in 0..1, and likewise
// for the other families.
struct ScoreBand {
  float low = 0.25f, high = 0.5345f;
};
[[nodiscard]] ScoreBand DoubledScores(const artifact::DecodeContract& contract);

// Scores of a network on some pictures, cell by cell. Filled picture by picture.
struct ScoreStatistics {
  double cells = 0, passing = 0;  // all cells; those whose best score reaches the threshold
  double outside = 0;             // scores below 0 or above 1
  float least = 0, greatest = 0;
  double narrow = 0;  // scores in the band of an activation applied twice
  double anchored = 0,
         anchor_boxes = 0;    // boxes with both sides 1 to 2.14 anchors; boxes looked at
  std::vector<float> levels;  // distinct scores, at most 64 of them
  double not_finite = 0;

  void Add(float score, const ScoreBand& band, float threshold);
};

// The best class of every cell of the outputs (as Decode takes them), in the decoder's order.
[[nodiscard]] Result<std::vector<vision::Detection>> EveryCell(
    const artifact::DecodeContract& contract, std::span<const ConstTensorView> outputs, int width,
    int height);

// Adds the scores of cells, and the boxes' sides by their anchors, where the decoder applies any.
void AddScores(const artifact::DecodeContract& contract, std::span<const vision::Detection> cells,
               std::span<const RoleValues> values, ScoreStatistics& statistics);

}  // namespace plumb::verify
