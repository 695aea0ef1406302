// H4 and H7 of given results: integers that the given outputs show.
#include <algorithm>
#include <cmath>
#include <set>

#include "plumb/verify/diagnose/foreign_explanation.h"
#include "plumb/verify/diagnose/foreign_results.h"

namespace plumb::verify {

// What holding each output as integers of 8 bits, as the given numbers show them, does to the float outputs.
Result<HypothesisResult> TestForeignRanges(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (c.subject().outputs.empty()) {
    result.evidence = "boxes alone do not show ranges";
    return result;
  }
  SideResults rounded = c.reference();
  bool integers = false, clipped = false;
  double ratio = 0;
  size_t levels = 0;
  for (size_t o = 0; o < rounded.outputs[0].size(); ++o) {
    const std::string& name = rounded.outputs[0][o].name;
    std::set<float> values;
    for (size_t s = 0; s < c.count() && values.size() <= 256; ++s) {
      for (const runtime::NamedTensor& t : c.subject().outputs[s]) {
        if (t.name == name && t.tensor.dtype() == DType::kF32) {
          for (const float v : t.tensor.values<float>()) {
            values.insert(v);
            if (values.size() > 256) {
              break;
            }
          }
        }
      }
    }
    if (values.size() > 256 || values.size() < 2) {
      continue;
    }
    float step = *values.rbegin() - *values.begin();
    for (auto it = std::next(values.begin()); it != values.end(); ++it) {
      step = std::min(step, *it - *std::prev(it));
    }
    integers = true;
    levels = std::max(levels, values.size());
    const float low = *values.begin(), high = *values.rbegin();
    float least = 0, most = 0;
    for (auto& picture : rounded.outputs) {
      for (float& v : picture[o].tensor.values<float>()) {
        least = std::min(least, v);
        most = std::max(most, v);
        v = std::clamp(std::nearbyint(v / step) * step, low, high);
      }
    }
    clipped = clipped || most - high > 0.2f * (high - low) || low - least > 0.2f * (high - low);
    ratio = std::max(ratio, static_cast<double>(step));
  }
  if (!integers) {
    result.evidence = "the given outputs take more than 256 levels each";
    return result;
  }
  Explanation e;
  e.cause = clipped ? "saturated-layer" : "shared-head-scale";
  e.sentence =
      clipped
          ? "The outputs saturate: their integers do not reach as far as the values."
          : "Boxes and scores share one scale: a step that suits pixels is too coarse for scores.";
  e.remedy = ConvertCommand(paths, "");
  HypothesisResult tried;
  PLUMB_RETURN_IF_ERROR(TryOutputs(c, rounded, e, tried));
  tried.explanations[0].evidence =
      StrCat("an output takes ", levels, " levels, ", FixedText(ratio, 4), " apart; ",
             tried.explanations[0].evidence);
  result = std::move(tried);
  KeepBest(result);
  return result;
}

}  // namespace plumb::verify
