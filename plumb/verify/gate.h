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
  // The same of a network that comes quantized, dB: a sum that lies between two steps goes one way here and the other way
  // there, and what follows with it. ONNX Runtime with and without its optimizations: 41 dB on yolov8n-640-qdq-int8.
  double judge_rounding_sqnr = 30;
  double pass_tolerance = 1e-4;
  // Sanity rules.
  double s1_cells =
      0.02;  // share of cells that pass the score threshold, where float has less than a third of it
  double s1_cells_ever = 0.2;   // and whatever float has
  double s1_cells_abort = 0.5;  // share at which decoding is given up rather than finished
  double s3_share = 0.95;       // share of scores where only an activation applied twice puts them
  double s4_share = 0.95;       // share of boxes with width and height / anchor in [1, 2.14]
  int s5_levels = 4;            // distinct levels among the scores
  double s6_range_ratio = 16;   // of boxes to scores on one 8-bit scale
  double s9_padded = 0.2;       // share of boxes centred in the padding
  double s9_correlation = 0.5;  // of box centres with float's
  double s10_shift = 0.03;      // median shift of the scores of objects
  double s11_iou = 0.9;         // median overlap of boxes whose class and score agree: warns below
  double s11_iou_fails = 0.7;
  double s11_score = 0.1;       // scores that far apart agree
  double s12_saturated = 0.01;  // share of a tensor's values beyond its grid or stuck at its ends
  double s12_other_samples =
      0.1;  // that fails on other samples than the ranges were made of; less is a warning
  int fewest_boxes = 20;  // with fewer boxes, cells or scores a share says nothing
  int fewest_pairs = 8;   // likewise for pairs of boxes, and pictures for a classifier
  // Classifiers: mean entropy as a share of the greatest possible, and of float's.
  double k1_uniform = 0.98;
  double k1_collapse = 0.25;
  double k2_same_class = 0.95;  // share of different pictures with one and the same first class
  // Maps of classes: share of the pixels with float's class, and distance of the areas.
  double k3_agreement = 0.9, k3_agreement_fails = 0.6;
  double k3_areas = 0.1;
  // Contracts. B1, B2: values that must be seen at least. B2: share of scores outside 0..1 that
  // leaves no doubt. B3: farther than that is no unit, and less no pixel of a network's input.
  double b1_values = 1000;
  double b2_outside = 0.1;
  float b3_unit = 2;
  // B4: median factor between boxes of one object from different anchors that contradicts the
  // anchors, and the one up to which a published set fits.
  double b4_factor = 1.35, b4_fits = 1.2;
};

}  // namespace plumb::verify
