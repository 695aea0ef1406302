#include "plumb/verify/codes.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace plumb::verify {
namespace {

#define PLUMB_CODE(code, title, meaning, causes, remedy) \
  CodeRow{code, title, meaning, causes, remedy},
constexpr CodeRow kCodes[] = {
#include "plumb/verify/codes.inc"
};
#undef PLUMB_CODE

bool SameLetters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::toupper(static_cast<unsigned char>(x)) ==
           std::toupper(static_cast<unsigned char>(y));
  });
}

// What begins a part of the page: codes of one first letter stand together.
std::string_view Heading(char first) {
  switch (first) {
    case 'V':
      return "Rungs of the ladder";
    case 'S':
      return "Sanity rules";
    case 'K':
      return "Classifiers and maps of classes";
    case 'B':
      return "Contracts";
    case 'D':
      return "Float against quantized";
    case 'Q':
      return "Models that come quantized";
    case 'P':
      return "Preprocessing";
    case 'H':
      return "Hypotheses of plumb diagnose";
    default:
      return std::isdigit(static_cast<unsigned char>(first)) != 0 ? "Exit codes" : "Others";
  }
}

}  // namespace

std::span<const CodeRow> Codes() { return kCodes; }

const CodeRow* FindCode(std::string_view code) {
  const auto* found = std::find_if(std::begin(kCodes), std::end(kCodes),
                                   [&](const CodeRow& row) { return SameLetters(row.code, code); });
  return found == std::end(kCodes) ? nullptr : found;
}

std::string ExplainText(const CodeRow& row) {
  std::string text(row.code);
  text.append("  ").append(row.title).append("\n\n").append(row.meaning).append("\n");
  for (const auto& [name, what] :
       {std::pair("Usual causes: ", row.causes), std::pair("What to do:   ", row.remedy)}) {
    if (!what.empty()) {
      text.append("\n").append(name).append(what).append("\n");
    }
  }
  return text;
}

std::string CodesPage() {
  std::string page =
      "# Findings and exit codes\n\n"
      "Written by `plumb explain --all`; `plumb explain CODE` prints one. Every finding of a "
      "verdict "
      "carries one of these\ncodes, and so does `--json`.\n";
  std::string_view heading;
  for (const CodeRow& row : kCodes) {
    if (const std::string_view next = Heading(row.code[0]); next != heading) {
      heading = next;
      page.append("\n## ").append(heading).append(
          "\n\n| code | title | meaning | usual causes | what to do |\n"
          "| --- | --- | --- | --- | --- |\n");
    }
    for (const std::string_view cell : {row.code, row.title, row.meaning, row.causes, row.remedy}) {
      page.append("| ").append(cell).append(" ");
    }
    page.append("|\n");
  }
  return page;
}

}  // namespace plumb::verify
