// Detections of the float network against those of the integer one, and the sanity rules that need no labels.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/verify/gate.h"
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

// One sanity rule on one network (reference/users-and-peers.md in the design notes lists the incidents behind each).
struct RuleResult {
  std::string rule;  // "S1"
  bool fired = false;
  bool fails = false;   // when fired: fails the conversion, or only warns
  std::string finding;  // with numbers
};

// What a network puts out on some pictures, cell by cell. Filled picture by picture.
struct ScoreStatistics {
  double cells = 0, passing = 0;  // all cells; those whose best score reaches the threshold
  double outside = 0;             // scores below 0 or above 1
  float least = 0, greatest = 0;
  double narrow = 0;                      // passing scores in [0.25, 0.535]
  double anchored = 0, anchor_boxes = 0;  // boxes with width / anchor in [1, 2.14]; boxes looked at
  std::vector<float> levels;              // distinct scores, at most 64 of them
  double not_finite = 0;

  void Add(float score);
};

// Looks at every cell of the outputs (as Decode takes them) by the decode contract.
Status AddScores(const artifact::DecodeContract& contract, std::span<const ConstTensorView> outputs,
                 int width, int height, ScoreStatistics& statistics);

// S1 to S5 of the integer network's statistics beside the float one's.
[[nodiscard]] std::vector<RuleResult> CheckScores(const artifact::DecodeContract& contract,
                                                  const ScoreStatistics& reference,
                                                  const ScoreStatistics& integer, const Gate& gate);

}  // namespace plumb::verify
