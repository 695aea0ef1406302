// What the sanity rules found, for people and for programs. Shared by detect and classify.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "plumb/api/model.h"
#include "plumb/cli/console.h"
#include "plumb/verify/rule_result.h"

namespace plumb::cli {

// How the model's contracts came about: a note for a float model, a detail for an artifact.
void NoteContracts(const Console& console, const Model& model);

// "findings": those that fired, as in a verdict; "rules": every rule with its state.
void AddRulesJson(std::span<const verify::RuleResult> rules, nlohmann::ordered_json& json);

// The findings on standard error. An error (exit code 3) that names the first when one fails; exit
// code 8 under --strict when one only warns.
Status ReportRules(Console& console, std::span<const verify::RuleResult> rules);

}  // namespace plumb::cli
