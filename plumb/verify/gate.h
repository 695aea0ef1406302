// The gate: what makes a conversion fail, and what makes it a pass with warnings. The defaults stand here and nowhere else.
#pragma once

#include <cstdint>

namespace plumb::verify {

struct Gate {
  // Detections.
  float float_score = 0.4f;  // float detections with at least this score count
  float integer_score =
      0.25f;  // and are matched by an integer detection of the same class with at least this score
  float match_iou = 0.8f;            // at this intersection over union or more
  double fail_below_matched = 0.80;  // of the float detections matched
  double warn_below_matched = 0.92;
  // Classifiers: share of samples with the float network's first class.
  double fail_below_agreement = 0.80;
  double warn_below_agreement = 0.92;
  // Any network without detections or classes: SQNR of an output, dB.
  double warn_below_sqnr = 20;
  double fail_below_sqnr = 5;
  // The task's metric (average precision, share of right first classes): how far it may drop, where labels are given.
  double warn_drop = 0.01;
  double fail_drop = 0.03;  // and zero lies outside the 95 % interval of the difference
  // Import against an outside judge, and passes before against after: largest difference relative to the output's range.
  double judge_tolerance =
      2e-3;  // a judge that computes a half model in binary16 is that far off; a wrong import is further
  double pass_tolerance = 1e-4;
  // Sanity rules.
  double s1_cells =
      0.02;  // share of cells that pass the score threshold, where float has less than a third of it
  double s1_cells_ever = 0.2;   // and whatever float has
  double s3_share = 0.95;       // share of passing scores in [0.25, 0.535]
  double s4_share = 0.95;       // share of boxes with width / anchor in [1, 2.14]
  int s5_levels = 4;            // distinct levels among the scores
  double s12_saturated = 0.01;  // share of a tensor's values beyond its grid or stuck at its ends
  double s12_other_samples =
      0.1;  // that fails on other samples than the ranges were made of; less is a warning
};

}  // namespace plumb::verify
