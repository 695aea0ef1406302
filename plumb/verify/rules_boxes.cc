// Rules on a detector's boxes: S7, S8, S9, S10, S11.
#include <algorithm>
#include <cmath>

#include "plumb/verify/rules.h"

namespace plumb::verify {
namespace {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Pearson's correlation; 1 where one of the two does not vary.
double Correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  double mean_a = 0, mean_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    mean_a += a[i] / n;
    mean_b += b[i] / n;
  }
  double aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
    ab += (a[i] - mean_a) * (b[i] - mean_b);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 1.0;
}

}  // namespace

RuleResult CheckSuppression(const RuleInput& input) {
  const Observations& seen = *input.seen;
  if (seen.boxes == 0 && seen.unlike_reference_nms == 0) {
    return NotApplicable("S7", "no boxes to look for overlaps in");
  }
  RuleResult r{"S7", seen.overlapping > 0 || seen.unlike_reference_nms > 0, true};
  r.evidence = StrCat(seen.boxes, " boxes, ", seen.overlapping, " overlapping pairs, ",
                      seen.unlike_reference_nms, " unlike the reference");
  r.finding = StrCat(seen.boxes, " boxes as the reference suppression keeps them");
  if (seen.overlapping > 0) {
    r.finding = StrCat(seen.overlapping, " pairs of boxes of one class overlap by more than IoU ",
                       input.decode->iou_threshold, ": the suppression did not run as stated");
  } else if (r.fired) {
    r.finding = StrCat(seen.unlike_reference_nms,
                       " boxes differ from what the reference "
                       "suppression keeps of the same tensors (",
                       seen.boxes, " boxes): another rule of suppression is at work");
  }
  if (r.fired) {
    r.fix = "plumb diagnose MODEL PICTURES --boxes result.json names the rule";
  }
  return r;
}

RuleResult CheckCap(const RuleInput& input) {
  const Observations& seen = *input.seen;
  RuleResult r{"S8", seen.capped > 0, false};
  r.evidence =
      StrCat("at most ", seen.most_boxes, " boxes a picture, cap ", input.decode->max_detections);
  r.finding = StrCat("at most ", seen.most_boxes, " boxes a picture, below the cap of ",
                     input.decode->max_detections);
  if (r.fired) {
    r.finding = StrCat(seen.capped, seen.capped == 1 ? " picture has" : " pictures have",
                       " as many boxes as the cap lets through (", input.decode->max_detections,
                       "): weaker ones are missing");
    r.fix = "--decode ...,max=N, or a higher --score";
  }
  return r;
}

RuleResult CheckPlaces(const RuleInput& input) {
  const Observations& seen = *input.seen;
  const bool padding = seen.pictures_with_padding > 0 && seen.boxes >= input.gate.fewest_boxes;
  const bool pairs = static_cast<int>(seen.centres.size()) >= input.gate.fewest_pairs;
  if (!padding && !pairs) {
    return NotApplicable("S9", StrCat("too few boxes (", seen.boxes, ") to judge where they lie"));
  }
  const double padded = seen.boxes > 0 ? static_cast<double>(seen.padded_boxes) / seen.boxes : 0;
  double correlation = 1;
  if (pairs) {
    std::vector<double> x, y, wanted_x, wanted_y;
    for (const CentrePair& pair : seen.centres) {
      x.push_back(pair.x);
      y.push_back(pair.y);
      wanted_x.push_back(pair.reference_x);
      wanted_y.push_back(pair.reference_y);
    }
    correlation = std::min(Correlation(x, wanted_x), Correlation(y, wanted_y));
  }
  const bool in_padding = padding && padded > input.gate.s9_padded;
  const bool elsewhere = pairs && correlation < input.gate.s9_correlation;
  RuleResult r{"S9", in_padding || elsewhere, true};
  r.evidence = StrCat(seen.padded_boxes, " of ", seen.boxes, " boxes in the padding",
                      pairs ? StrCat("; correlation of ", seen.centres.size(),
                                     " centres with float's ", FixedText(correlation, 3))
                            : "");
  r.finding = r.evidence;
  if (in_padding) {
    r.finding = StrCat(PercentText(padded),
                       " of the boxes are centred in the padding around the "
                       "picture, expected none: is the picture placed or read in another way?");
    r.fix = "--resize letterbox, letterbox-corner or stretch, as in training; --pad";
  } else if (elsewhere) {
    r.finding = StrCat("boxes lie elsewhere than float's (correlation of the centres ",
                       FixedText(correlation, 2), ", expected at least ",
                       FixedText(input.gate.s9_correlation, 2), "): do both see the same picture?");
    r.fix = "compare what goes in: plumb verify, rung V3";
  }
  return r;
}

RuleResult CheckScoreShift(const RuleInput& input) {
  const std::vector<CellPair>& cells = input.seen->cells;
  if (static_cast<int>(cells.size()) < input.gate.fewest_boxes) {
    return NotApplicable("S10", input.seen->references == 0
                                    ? "needs the float network on the same pictures"
                                    : StrCat("float is sure of ", cells.size(), " cells only"));
  }
  std::vector<double> shifts;
  for (const CellPair& cell : cells) {
    shifts.push_back(cell.shift);
  }
  const double shift = Median(std::move(shifts));
  RuleResult r{"S10", std::abs(shift) > input.gate.s10_shift, false};
  r.evidence = StrCat("median shift ", FixedText(shift, 4), " over ", cells.size(), " cells");
  r.finding = StrCat("scores of objects are shifted by ", FixedText(shift, 3), " in the median");
  if (r.fired) {
    const double advised = std::clamp(input.decode->score_threshold + shift, 0.01, 0.99);
    r.finding += StrCat(", expected at most ", FixedText(input.gate.s10_shift, 2),
                        " either way: a threshold tuned on float ",
                        shift < 0 ? "drops objects" : "lets too much through");
    r.fix = StrCat("--score ", FixedText(advised, 2), " where float had ",
                   input.decode->score_threshold);
  }
  return r;
}

RuleResult CheckBoxAgreement(const RuleInput& input) {
  std::vector<double> overlaps;
  for (const CellPair& cell : input.seen->cells) {
    if (std::abs(cell.shift) <= input.gate.s11_score) {
      overlaps.push_back(cell.iou);
    }
  }
  if (static_cast<int>(overlaps.size()) < input.gate.fewest_boxes) {
    return NotApplicable(
        "S11", input.seen->references == 0
                   ? "needs the float network on the same pictures"
                   : StrCat("classes and scores agree in ", overlaps.size(), " cells only"));
  }
  const size_t count = overlaps.size();
  const double iou = Median(std::move(overlaps));
  RuleResult r{"S11", iou < input.gate.s11_iou, iou < input.gate.s11_iou_fails};
  r.evidence = StrCat("median IoU ", FixedText(iou, 4), " over ", count, " cells");
  r.finding = StrCat("where class and score agree with float, boxes overlap its boxes by ",
                     FixedText(iou, 3), " in the median");
  if (r.fired) {
    r.finding += StrCat(", expected at least ", FixedText(input.gate.s11_iou, 2),
                        ": the layers that place boxes lost more than those that score");
    r.fix = "--keep-float on the last layers of the box branch, or --observer percentile";
  }
  return r;
}

}  // namespace plumb::verify
