// The sanity rules: what a network's outputs look like tells, without labels, that something around
// it is wrong. S1 to S14 for detectors and for outputs of any kind, K1 to K3 for classifiers and maps
// of classes. Thresholds stand in gate.h; docs/wrong-boxes.md says what each means to a reader.
//
//   S1   far too many cells pass the score threshold
//   S2   a probability lies outside 0..1
//   S3   the scores lie where only an activation applied twice puts them
//   S4   boxes are 1 to 2.14 anchors wide and high, whatever they show
//   S5   the scores take a handful of levels
//   S6   boxes and scores share one scale that the boxes stretch
//   S7   boxes of one class overlap, or differ from the reference suppression of the same tensors
//   S8   a picture has as many boxes as the cap lets through
//   S9   boxes lie in the padding, or elsewhere than float's
//   S10  scores are shifted as a whole
//   S11  classes and scores agree with float, the boxes do not
//   S12  NaN or infinity, or values beyond their calibrated range
//   S13  the same input gives other outputs the second time
//   S14  different inputs give the same outputs
//   K1   a classifier is undecided about everything, or far surer than float
//   K2   different pictures are all of one class
//   K3   a map of classes differs from float's
//
// A rule fires, is fine, or has nothing to go by; each says so in one sentence with its numbers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/artifact/program.h"
#include "plumb/base/number_text.h"
#include "plumb/verify/gate.h"
#include "plumb/verify/layer_errors.h"
#include "plumb/verify/observations.h"
#include "plumb/verify/rule_result.h"

namespace plumb::verify {

// What is at hand. Everything but the contract and the observations may be missing.
struct RuleInput {
  const artifact::DecodeContract* decode = nullptr;
  const Observations* seen = nullptr;
  const artifact::Program* program = nullptr;  // the network judged: which values share a scale
  const LayerReport* layers = nullptr;         // S12: values beyond their calibrated range
  bool calibration = true;  // S12: the samples are some of those that the ranges were made of
  Gate gate;
};

// Every rule that is meant for this kind of network, in order.
[[nodiscard]] std::vector<RuleResult> CheckRules(const RuleInput& input);

// One rule each, in rules_scores.cc, rules_boxes.cc, rules_tensors.cc and rules_classes.cc.
RuleResult CheckCrowd(const RuleInput& input);          // S1
RuleResult CheckUnitScores(const RuleInput& input);     // S2
RuleResult CheckDoubledScores(const RuleInput& input);  // S3
RuleResult CheckDoubledBoxes(const RuleInput& input);   // S4
RuleResult CheckLevels(const RuleInput& input);         // S5
RuleResult CheckSharedScale(const RuleInput& input);    // S6
RuleResult CheckSuppression(const RuleInput& input);    // S7
RuleResult CheckCap(const RuleInput& input);            // S8
RuleResult CheckPlaces(const RuleInput& input);         // S9
RuleResult CheckScoreShift(const RuleInput& input);     // S10
RuleResult CheckBoxAgreement(const RuleInput& input);   // S11
RuleResult CheckValues(const RuleInput& input);         // S12
RuleResult CheckRepeats(const RuleInput& input);        // S13
RuleResult CheckConstant(const RuleInput& input);       // S14
RuleResult CheckEntropy(const RuleInput& input);        // K1
RuleResult CheckFirstClasses(const RuleInput& input);   // K2
RuleResult CheckClassMap(const RuleInput& input);       // K3

// "12.3 %"; "2041200", of a count that is held as a double.
[[nodiscard]] std::string PercentText(double share);
[[nodiscard]] std::string CountText(double count);

}  // namespace plumb::verify
