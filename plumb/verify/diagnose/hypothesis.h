// One possible cause: a cheap experiment on real inputs that puts one thing right in the subject (or wrong in the reference)
// and measures how much of the difference goes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/verify/diagnose/diagnosis_case.h"
#include "plumb/verify/rules.h"

namespace plumb::verify {

struct Explanation {
  std::string cause;     // "color-order"; the list stands in docs/how_to/diagnose.md
  std::string sentence;  // for a newcomer
  std::string evidence;  // one line, with numbers
  std::string remedy;    // a command
  double explained = 0;  // share of the difference that the experiment took away, 0..1
  bool certain =
      false;  // a contradiction between exact numbers, whatever its effect on these pictures
  std::string layer{};  // the tensor of the subject where it begins; empty: no one layer's fault
};

// What the remedies name.
struct CasePaths {
  std::string subject, model;
  std::vector<std::string> samples;  // the files of each; empty where they have none
};

struct HypothesisResult {
  std::vector<Explanation> explanations;  // best first; empty: nothing speaks for it
  std::string evidence;                   // what was looked at, when nothing was found
};

struct Hypothesis {
  std::string_view code;   // "H1"
  std::string_view title;  // "how boxes are read"
  Result<HypothesisResult> (*test)(Case&, const CasePaths&);
};

// In the order of the codes.
[[nodiscard]] std::span<const Hypothesis> Hypotheses();

[[nodiscard]] Result<HypothesisResult> TestDecoding(Case& c, const CasePaths& paths);       // H1
[[nodiscard]] Result<HypothesisResult> TestPreprocessing(Case& c, const CasePaths& paths);  // H2
[[nodiscard]] Result<HypothesisResult> TestCalibration(Case& c, const CasePaths& paths);    // H3
[[nodiscard]] Result<HypothesisResult> TestHeads(Case& c, const CasePaths& paths);          // H4
[[nodiscard]] Result<HypothesisResult> TestParameters(Case& c, const CasePaths& paths);     // H5
[[nodiscard]] Result<HypothesisResult> TestOutliers(Case& c, const CasePaths& paths);       // H6
[[nodiscard]] Result<HypothesisResult> TestSaturation(Case& c, const CasePaths& paths);     // H7
[[nodiscard]] Result<HypothesisResult> TestOperators(Case& c, const CasePaths& paths);      // H8
[[nodiscard]] Result<HypothesisResult> TestVersions(Case& c, const CasePaths& paths);       // H9
[[nodiscard]] Result<HypothesisResult> TestThresholds(Case& c, const CasePaths& paths);     // H10

// "plumb convert MODEL -o ARTIFACT --calib PICTURES" and what follows.
[[nodiscard]] std::string ConvertCommand(const CasePaths& paths, std::string_view options);

}  // namespace plumb::verify
