#include "plumb/cli/rule_output.h"

#include <algorithm>

namespace plumb::cli {

void NoteContracts(const Console& console, const Model& model) {
  for (const std::string& line : model.explanation) {
    model.is_artifact ? console.Detail(line) : console.Note(line);
  }
}

void AddRulesJson(std::span<const verify::RuleResult> rules, nlohmann::ordered_json& json) {
  json["findings"] = nlohmann::ordered_json::array();
  json["rules"] = nlohmann::ordered_json::array();
  for (const verify::RuleResult& rule : rules) {
    if (rule.fired) {
      json["findings"].push_back({{"code", rule.rule},
                                  {"level", rule.fails ? "failure" : "warning"},
                                  {"text", rule.finding},
                                  {"fix", rule.fix},
                                  {"evidence", rule.evidence}});
    }
    json["rules"].push_back({{"code", rule.rule},
                             {"state", rule.fired     ? "fired"
                                       : rule.applies ? "fine"
                                                      : "not applicable"},
                             {"text", rule.finding}});
  }
}

Status ReportRules(Console& console, std::span<const verify::RuleResult> rules) {
  if (rules.empty()) {
    return {};
  }
  size_t fired = 0, applied = 0;
  const verify::RuleResult* failure = nullptr;
  // Failures first.
  for (const bool fails : {true, false}) {
    for (const verify::RuleResult& rule : rules) {
      if (!rule.fired || rule.fails != fails) {
        continue;
      }
      ++fired;
      failure = fails && failure == nullptr ? &rule : failure;
      console.Warn(StrCat(rule.rule, fails ? " fails: " : ": ", rule.finding));
      if (!rule.evidence.empty()) {
        console.Note(StrCat("  evidence: ", rule.evidence));
      }
      if (!rule.fix.empty()) {
        console.Note(StrCat("  fix: ", rule.fix));
      }
    }
  }
  for (const verify::RuleResult& rule : rules) {
    applied += rule.applies;
    if (!rule.fired) {
      console.Detail(
          StrCat(rule.rule, rule.applies ? " fine: " : " not applicable: ", rule.finding));
    }
  }
  console.Note(StrCat("checked: ", applied, " of ", rules.size(), " rules apply, ",
                      fired == 0 ? "none" : StrCat(fired), " fired"));
  if (failure != nullptr) {
    return VerificationFailed(failure->rule, ": ", failure->finding);
  }
  constexpr int kWarnings = 8;
  console.exit_code = fired > 0 && console.strict ? kWarnings : 0;
  return {};
}

}  // namespace plumb::cli
