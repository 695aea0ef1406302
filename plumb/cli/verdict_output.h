// A verdict for people, for programs, and for build servers. Shared by convert and verify.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "plumb/cli/console.h"
#include "plumb/verify/verdict.h"

namespace plumb::cli {

// The rungs, the findings beside them, the layers that lose most, and the verdict.
void PrintVerdict(const Console& console, const verify::Verdict& verdict);
// schema_version, verdict, rungs, findings, ... as docs/schema/convert.json and verify.json have them, added to `json`.
void AddVerdictJson(const verify::Verdict& verdict, nlohmann::ordered_json& json);
// JUnit XML: a test case for each rung and for each finding beside the rungs.
[[nodiscard]] std::string VerdictJunit(const verify::Verdict& verdict, const std::string& name);

}  // namespace plumb::cli
