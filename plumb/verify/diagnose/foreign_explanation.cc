#include "plumb/verify/diagnose/foreign_explanation.h"

#include <algorithm>

namespace plumb::verify {
namespace {

constexpr double kWorthNaming = 0.3;

// What makes the given results again, nearly to the last box, is no chance.
constexpr double kReproduces = 0.9;

}  // namespace

Result<double> ExplainedBy(Case& c, const SideResults& with_cause) {
  return c.Explained(Compare(with_cause, c.subject()).value());
}

void KeepBest(HypothesisResult& result) {
  std::erase_if(result.explanations,
                [](const Explanation& e) { return e.explained < kWorthNaming; });
  for (Explanation& e : result.explanations) {
    e.certain = e.certain || e.explained >= kReproduces;
  }
  std::stable_sort(result.explanations.begin(), result.explanations.end(),
                   [](const auto& a, const auto& b) { return a.explained > b.explained; });
}

Status TryOutputs(Case& c, const SideResults& changed, Explanation explanation,
                  HypothesisResult& result) {
  SideResults tried = changed;
  if (c.detector() && !c.subject().boxes.empty()) {
    auto boxes = c.Boxes(c.input().reference.io, c.input().reference.decode, changed);
    tried.boxes = boxes.ok() ? std::move(*boxes) : c.reference().boxes;
  }
  PLUMB_ASSIGN_OR_RETURN(explanation.explained, ExplainedBy(c, tried));
  explanation.evidence = StrCat("the float outputs, changed in this way, are the given ones: ",
                                PercentText(explanation.explained), " of the difference is gone");
  result.explanations.push_back(std::move(explanation));
  return {};
}

}  // namespace plumb::verify
