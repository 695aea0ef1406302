// The catalogue of exit codes, rungs and findings: what each means, where it usually comes from, what to do.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace plumb::verify {

struct CodeRow {
  std::string_view code;     // "3", "V1", "S5"
  std::string_view title;    // a few words
  std::string_view meaning;  // sentences
  std::string_view causes;   // empty where there is nothing to say
  std::string_view remedy;   // likewise
};

// In the order of codes.inc.
[[nodiscard]] std::span<const CodeRow> Codes();
// nullptr for a code that is not known. Letters may be lower case.
[[nodiscard]] const CodeRow* FindCode(std::string_view code);

[[nodiscard]] std::string ExplainText(const CodeRow& row);  // for a terminal
[[nodiscard]] std::string CodesPage();                      // docs/findings.md

}  // namespace plumb::verify
