#include "plumb/verify/diagnose/foreign_results.h"

#include <algorithm>

#include "plumb/verify/diagnose/box_variants.h"
#include "plumb/verify/diagnose/foreign_explanation.h"

namespace plumb::verify {

Result<HypothesisResult> TestForeignDecoding(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (!c.subject().outputs.empty()) {
    PLUMB_RETURN_IF_ERROR(TestDumpedOutputs(c, paths, result));
    result.evidence = "no change of units, layout or activation of the outputs explains it";
  } else if (c.detector()) {
    for (const BoxVariant& variant : BoxVariants(c)) {
      const auto boxes = variant.make(c);
      if (!boxes.ok()) {
        continue;
      }
      SideResults with_cause;
      with_cause.boxes = *boxes;
      PLUMB_ASSIGN_OR_RETURN(const double explained, ExplainedBy(c, with_cause));
      size_t found = 0, made = 0;
      for (size_t s = 0; s < c.count(); ++s) {
        found += c.subject().boxes[s].size();
        made += (*boxes)[s].size();
      }
      result.explanations.push_back(
          {variant.cause, variant.sentence,
           StrCat("the float network's outputs, read so, give ", made, " boxes, given are ", found,
                  ": ", PercentText(explained), " of the difference is gone"),
           StrCat("plumb detect ", paths.model,
                  " PICTURE --json   # decodes by the model's contract"),
           explained, false});
    }
    result.evidence = "no other way to read the outputs gives these boxes";
  }
  KeepBest(result);
  return result;
}

Result<HypothesisResult> TestForeignThresholds(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (!c.subject().outputs.empty()) {
    result.evidence = "tensors were given, not boxes";
    return result;
  }
  float least = 2;
  for (const auto& picture : c.subject().boxes) {
    for (const vision::Detection& d : picture) {
      least = std::min(least, d.score);
    }
  }
  const float ours = c.input().reference.decode.score_threshold;
  if (least > 1) {
    result.evidence = "no boxes were given";
    return result;
  }
  artifact::DecodeContract decode = c.input().reference.decode;
  decode.score_threshold = least;
  SideResults with_cause;
  PLUMB_ASSIGN_OR_RETURN(with_cause.boxes, c.Boxes(c.input().reference.io, decode, c.reference()));
  PLUMB_ASSIGN_OR_RETURN(const double explained, ExplainedBy(c, with_cause));
  result.explanations.push_back(
      {"score-threshold", "The boxes are cut off at another score than the model's.",
       StrCat("the least score given is ", FixedText(least, 3), ", the model's threshold ",
              FixedText(ours, 3), "; with that threshold ", PercentText(explained),
              " of the difference is gone"),
       StrCat("plumb detect ", paths.model, " PICTURE --score ", FixedText(least, 2)), explained,
       false});
  result.evidence = "another threshold does not explain it";
  KeepBest(result);
  return result;
}

}  // namespace plumb::verify
