#include "plumb/verify/ladder.h"

#include <array>
#include <utility>

namespace plumb::verify {

std::string_view RungStatusName(RungStatus status) {
  constexpr std::array<std::string_view, 4> kNames = {"skipped", "pass", "warning", "failure"};
  return kNames[static_cast<size_t>(status)];
}

std::string_view RungTitle(std::string_view code) {
  constexpr std::array<std::string_view, 10> kTitles = {
      "container", "import",   "passes", "preprocess", "quantize",
      "integer",   "variants", "device", "decode",     "task"};
  const bool rung = code.size() == 2 && code[0] == 'V' && code[1] >= '0' && code[1] <= '9';
  return rung ? kTitles[static_cast<size_t>(code[1] - '0')] : std::string_view();
}

Rung SkippedRung(std::string_view code, std::string reason) {
  return {std::string(code), std::string(RungTitle(code)), RungStatus::kSkipped, std::move(reason)};
}

}  // namespace plumb::verify
