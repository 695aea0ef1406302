// Rules on a detector's scores: S1, S2, S3, S4, S5.
#include "plumb/verify/rules.h"
#include "plumb/vision/decode.h"

namespace plumb::verify {
namespace {

constexpr const char* kOwnScales =
    "convert without --one-scale-for-outputs, so that boxes and scores get their own scales";
constexpr int kMany = 64;  // as many levels as are counted

double Share(double part, double whole) { return whole > 0 ? part / whole : 0.0; }

std::string Decode(const RuleInput& input, std::string_view what) {
  return StrCat("--decode ", vision::FamilyName(input.decode->family), ",", what);
}

bool HasReference(const RuleInput& input) { return input.seen->reference_scores.cells > 0; }

std::string LevelCount(size_t levels) {
  return levels >= kMany ? StrCat(kMany, " or more") : StrCat(levels);
}

// What to state where the activation is the suspect: the opposite of what the contract says.
std::string OtherActivation(const RuleInput& input) {
  return Decode(input, input.decode->scores_activated ? "sigmoid=raw" : "sigmoid=in_graph");
}

}  // namespace

RuleResult CheckCrowd(const RuleInput& input) {
  const ScoreStatistics &s = input.seen->scores, &reference = input.seen->reference_scores;
  if (s.cells == 0) {
    return NotApplicable("S1", "no cell has a score");
  }
  const double passing = Share(s.passing, s.cells),
               float_passing = Share(reference.passing, reference.cells);
  const bool ever = passing > input.gate.s1_cells_ever;
  const bool more_than_float =
      HasReference(input) && passing > input.gate.s1_cells && passing > 3 * float_passing;
  RuleResult r{"S1", ever || more_than_float, ever};
  const std::string beside =
      HasReference(input) ? StrCat(" (float: ", PercentText(float_passing), ")") : "";
  r.evidence = StrCat(CountText(s.passing), " of ", CountText(s.cells), " cells, score ",
                      input.decode->score_threshold);
  if (!r.fired) {
    r.finding = StrCat(PercentText(passing), " of the cells pass score ",
                       input.decode->score_threshold, beside);
    return r;
  }
  const bool in_band = Share(s.narrow, s.cells) >= input.gate.s3_share;
  const bool activation = in_band || !input.decode->scores_activated || s.outside > 0;
  const std::string_view question =
      in_band || !input.decode->scores_activated ? "is the sigmoid applied twice?"
      : s.outside > 0                            ? "is the sigmoid missing?"
                      : "does the picture go in as in training, and is the family right?";
  r.finding =
      StrCat(PercentText(passing), " of the cells pass score ", input.decode->score_threshold,
             beside, ", expected at most ", PercentText(input.gate.s1_cells), ": ", question);
  r.fix = activation ? OtherActivation(input)
                     : "--mean, --std and --color as in training; --decode FAMILY";
  return r;
}

RuleResult CheckUnitScores(const RuleInput& input) {
  const ScoreStatistics& s = input.seen->scores;
  if (s.cells == 0) {
    return NotApplicable("S2", "no cell has a score");
  }
  RuleResult r{"S2", s.outside > 0, true};
  r.evidence = StrCat(CountText(s.outside), " of ", CountText(s.cells), " scores outside 0..1");
  r.finding = StrCat("scores lie between ", s.least, " and ", s.greatest);
  if (r.fired) {
    // On a scale that boxes stretch, one step beyond 0 is already above 1.
    const bool coarse = static_cast<int>(s.levels.size()) <= input.gate.s5_levels;
    r.finding += coarse ? StrCat("; expected 0 to 1: they take ", s.levels.size(),
                                 " levels only, on too coarse a scale")
                        : "; expected 0 to 1: is the sigmoid missing?";
    r.fix = coarse ? std::string(kOwnScales) : Decode(input, "sigmoid=raw");
  }
  return r;
}

RuleResult CheckDoubledScores(const RuleInput& input) {
  const ScoreStatistics& s = input.seen->scores;
  if (s.cells < input.gate.fewest_boxes) {
    return NotApplicable("S3", StrCat("only ", s.cells, " cells have a score"));
  }
  const ScoreBand band = DoubledScores(*input.decode);
  const double share = Share(s.narrow, s.cells);
  RuleResult r{"S3", share >= input.gate.s3_share, true};
  r.evidence = StrCat(CountText(s.narrow), " of ", CountText(s.cells), " scores in [",
                      FixedText(band.low, 3), ", ", FixedText(band.high, 3), "]");
  r.finding = StrCat(PercentText(share), " of the scores lie in [", FixedText(band.low, 3), ", ",
                     FixedText(band.high, 3), "]");
  if (r.fired) {
    r.finding += ", where a sigmoid applied twice puts them all, or one applied to zeros";
    r.fix = Decode(input, "sigmoid=in_graph");
  }
  return r;
}

RuleResult CheckDoubledBoxes(const RuleInput& input) {
  const ScoreStatistics& s = input.seen->scores;
  if (s.anchor_boxes < input.gate.fewest_boxes) {
    return NotApplicable("S4", "the decoder applies no anchors");
  }
  const double share = Share(s.anchored, s.anchor_boxes);
  RuleResult r{"S4", share >= input.gate.s4_share, true};
  r.evidence = StrCat(CountText(s.anchored), " of ", CountText(s.anchor_boxes), " boxes");
  r.finding = StrCat(PercentText(share), " of the boxes are 1 to 2.14 anchors wide and high");
  if (r.fired) {
    r.finding += ": is the sigmoid applied twice to the boxes?";
    r.fix = Decode(input, "sigmoid=in_graph");
  }
  return r;
}

RuleResult CheckLevels(const RuleInput& input) {
  const ScoreStatistics &s = input.seen->scores, &reference = input.seen->reference_scores;
  const int levels = static_cast<int>(s.levels.size());
  const int expected = static_cast<int>(reference.levels.size());
  const int few = input.gate.s5_levels;
  // Without float's scores a coarse grid cannot be told from pictures without objects, unless every
  // score that there is stands at an end.
  if (s.cells < input.gate.fewest_boxes) {
    return NotApplicable("S5", "no cells to count the levels of");
  }
  if (!HasReference(input) && levels <= few && s.passing == 0) {
    return NotApplicable("S5",
                         StrCat("the scores take ", levels, levels == 1 ? " level" : " levels",
                                ": no object, or one scale for boxes and scores; the float "
                                "network on the same pictures tells"));
  }
  RuleResult r{"S5", levels <= few && (!HasReference(input) || expected > few), true};
  r.evidence =
      StrCat(LevelCount(s.levels.size()), " levels",
             HasReference(input) ? StrCat(", float ", LevelCount(reference.levels.size())) : "");
  r.finding = StrCat("the scores take ", LevelCount(s.levels.size()), " distinct ",
                     levels == 1 ? "level" : "levels");
  if (r.fired) {
    r.finding = StrCat("the scores take ", levels, " distinct ", levels == 1 ? "level" : "levels",
                       HasReference(input)
                           ? StrCat(" (float: ", expected >= kMany ? "many" : StrCat(expected), ")")
                           : "",
                       ": do boxes and scores share one scale?");
    r.fix = kOwnScales;
  }
  return r;
}

}  // namespace plumb::verify
