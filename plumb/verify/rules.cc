#include "plumb/verify/rules.h"

#include <array>
#include <cstdio>

#include "plumb/vision/decode.h"

namespace plumb::verify {
namespace {

using Rule = RuleResult (*)(const RuleInput&);

constexpr std::array<Rule, 11> kDetectorRules = {
    CheckCrowd,  CheckUnitScores,  CheckDoubledScores, CheckDoubledBoxes,
    CheckLevels, CheckSharedScale, CheckSuppression,   CheckCap,
    CheckPlaces, CheckScoreShift,  CheckBoxAgreement};
constexpr std::array<Rule, 3> kTensorRules = {CheckValues, CheckRepeats, CheckConstant};
constexpr std::array<Rule, 2> kClassifierRules = {CheckEntropy, CheckFirstClasses};

}  // namespace

std::vector<RuleResult> CheckRules(const RuleInput& input) {
  std::vector<RuleResult> results;
  const auto run = [&](const auto& rules) {
    for (const Rule rule : rules) {
      results.push_back(rule(input));
    }
  };
  if (vision::IsDetector(input.decode->family)) {
    run(kDetectorRules);
  }
  run(kTensorRules);
  if (input.decode->family == artifact::Family::kClassifier) {
    run(kClassifierRules);
  } else if (input.decode->family == artifact::Family::kNone) {
    results.push_back(CheckClassMap(input));
  }
  return results;
}

std::string PercentText(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f %%", share > 0 && share < 0.1 ? 2 : 1, 100 * share);
  return text.data();
}

std::string CountText(double count) { return FixedText(count, 0); }

}  // namespace plumb::verify
