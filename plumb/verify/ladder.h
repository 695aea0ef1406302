// The ladder of checks, V0 to V9: every rung compares two things that must agree and isolates one party by it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plumb::verify {

// Ordered: a ladder is as good as its worst rung, and a skipped one says nothing.
enum class RungStatus { kSkipped, kPass, kWarning, kFailure };
[[nodiscard]] std::string_view RungStatusName(
    RungStatus status);  // "skipped", "pass", "warning", "failure"

struct Rung {
  std::string code;   // "V4"
  std::string title;  // "quantize"
  RungStatus status = RungStatus::kSkipped;
  std::string figure = {};  // what was measured, in one line; of a skipped rung: the reason
  std::string worst = {};   // the worst offender, with its number; empty when there is none
  double seconds = 0;       // elapsed
};

// The title that every report gives to a rung: "V0" is "container". Empty for other codes.
[[nodiscard]] std::string_view RungTitle(std::string_view code);

// A rung that did not run, with the reason.
[[nodiscard]] Rung SkippedRung(std::string_view code, std::string reason);

}  // namespace plumb::verify
