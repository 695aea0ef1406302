#include "plumb/api/quality_record.h"

#include <algorithm>

namespace plumb {

bool DependsOnHost(std::string_view code) {
  return code == "V0" || code == "V1" || code == "V5" || code == "V6" || code == "V7";
}

artifact::Quality MakeQuality(const verify::Verdict& verdict,
                              std::span<const quant::LayerNote> notes) {
  const auto outcome = [](verify::Level level) {
    return level == verify::Level::kPass      ? artifact::Outcome::kPass
           : level == verify::Level::kWarning ? artifact::Outcome::kWarn
                                              : artifact::Outcome::kFail;
  };
  artifact::Quality quality;
  verify::Level level = verify::Level::kPass;
  for (const verify::Finding& finding : verdict.findings) {
    if (DependsOnHost(finding.code)) {
      continue;
    }
    level = std::max(level, finding.level);
    quality.rules.push_back({finding.code, outcome(finding.level), finding.text});
    if (finding.level != verify::Level::kPass) {
      quality.reasons.push_back(finding.code + ": " + finding.text);
    }
  }
  quality.verdict = outcome(level);
  for (const verify::LayerError& layer : verdict.layers.layers) {
    quality.layers.push_back({layer.name, layer.sqnr_alone, layer.cosine_alone,
                              layer.sqnr_accumulated, layer.cosine_accumulated});
  }
  for (const quant::LayerNote& note : notes) {
    if (!note.integer) {
      quality.kept_float.push_back({note.name, note.reason});
    }
  }
  for (const verify::OutputError& output : verdict.outputs) {
    quality.numbers["sqnr/" + output.name] = output.sqnr;
  }
  if (verdict.has_matches) {
    quality.numbers["matched_share"] = verdict.matches.Share();
    quality.numbers["median_score_shift"] = verdict.matches.MedianShift();
  }
  if (verdict.has_agreement) {
    quality.numbers["class_agreement"] = verdict.agreement;
  }
  return quality;
}

}  // namespace plumb
