// What one sanity rule says of a network's outputs.
#pragma once

#include <string>

namespace plumb::verify {

struct RuleResult {
  std::string rule;  // "S1"
  bool fired = false;
  bool fails = false;    // when fired: fails the conversion, or only warns
  std::string finding;   // one sentence with numbers
  bool applies = true;   // false: nothing at hand to judge by; `finding` says what is missing
  std::string fix;       // one command or sentence
  std::string evidence;  // one line with numbers
};

// A rule that has nothing to go by.
[[nodiscard]] inline RuleResult NotApplicable(std::string rule, std::string why) {
  return {std::move(rule), false, false, std::move(why), false, "", ""};
}

}  // namespace plumb::verify
