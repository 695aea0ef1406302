// The quality record: what the check at the end of a conversion found.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace plumb::artifact {

// Values are stored: never renumber.
enum class Outcome : uint8_t { kNotRun = 0, kPass = 1, kWarn = 2, kFail = 3 };

// One tensor, float against quantized, over the calibration samples. SQNR in dB (infinite where
// exact).
struct LayerQuality {
  std::string name;       // of the record or tensor
  double sqnr_local = 0;  // this layer alone quantized, float inputs
  double cosine_local = 0;
  double sqnr_accumulated = 0;  // with everything before it quantized too
  double cosine_accumulated = 0;
  bool operator==(const LayerQuality&) const = default;
};

struct RuleResult {
  std::string rule;  // "S1", or the name of a check: "fast kernels equal scalar kernels"
  Outcome outcome = Outcome::kNotRun;
  std::string evidence;  // one sentence: what was found, and what was expected
  bool operator==(const RuleResult&) const = default;
};

struct KeptFloat {
  std::string name;    // of the record
  std::string reason;  // "decode tail: box arithmetic"
  bool operator==(const KeptFloat&) const = default;
};

struct Quality {
  Outcome verdict = Outcome::kNotRun;
  std::vector<std::string> reasons;  // of the verdict, most important first
  std::string gate;                  // as given: "map_drop<=0.005"; empty: the defaults
  std::vector<LayerQuality> layers;  // in execution order
  std::vector<RuleResult> rules;
  std::vector<KeptFloat> kept_float;
  std::map<std::string, double>
      numbers;  // "matched_share", "ap50_float": what has no field of its own yet
  std::map<std::string, std::string> texts;
  bool operator==(const Quality&) const = default;
};

}  // namespace plumb::artifact
