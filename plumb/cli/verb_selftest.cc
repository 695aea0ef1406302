// plumb selftest: the artifact alone says whether this machine computes its bits.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "plumb/api/selftest.h"
#include "plumb/artifact/reader.h"
#include "plumb/artifact/variants.h"
#include "plumb/base/number_text.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string_view CauseName(runtime::DifferenceCause cause) {
  constexpr std::string_view kNames[] = {"kernel", "schedule", "program", "unknown"};
  return kNames[static_cast<size_t>(cause)];
}

std::string Percent(int64_t part, int64_t whole) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f %%",
                whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 100.0);
  return text;
}

void PrintText(const Console& console, const std::string& path, const SelfTestAnswer& answer) {
  const runtime::SelfTestReport& report = answer.report;
  console.Print(
      StrCat(path, ": ", answer.passed() ? "passed: " : "FAILED: ", SelfTestSummary(answer)));
  std::string variants;
  for (const std::string& variant : report.variants) {
    variants += (variants.empty() ? "" : "; ") + variant;
  }
  console.Print(StrCat("  run whole: ", variants));
  if (report.whole_records + report.sampled_records > 0) {
    console.Print(StrCat("  plain C++ beside it: ", report.whole_records, " records whole, ",
                         report.sampled_records, " on tiles at their first, middle and last rows (",
                         Percent(report.sampled_elements, report.elements), " of all elements); ",
                         "--full runs everything on everything"));
  }
  for (const SelfTestProblem& problem : answer.problems) {
    if (&problem != answer.problems.data()) {
      console.Print(StrCat("  ", problem.part, ": ", problem.text));
    }
    console.Print(StrCat("  cause    ", problem.cause));
    console.Print(StrCat("  next     ", problem.fix));
  }
}

Json DifferenceJson(const artifact::Program& program, const SelfTestAnswer& answer) {
  const runtime::RecordDifference& d = *answer.report.difference;
  const artifact::Record& record = program.records[d.record];
  Json json = {{"record", d.record},         {"name", record.name},  {"op", record.op},
               {"vector", d.test_case},      {"variant", d.variant}, {"kernel", d.kernel},
               {"cause", CauseName(d.cause)}};
  if (d.hashes_known) {
    json["expected_hash"] = HexText(d.expected_hash);
    if (d.found_hash != 0) {
      json["found_hash"] = HexText(d.found_hash);
    }
  }
  if (d.has_element) {
    const auto tensor = static_cast<size_t>(record.outputs[d.output]);
    json["tensor"] = program.tensors[tensor].name;
    json["element"] = d.element;
    json["expected"] = d.expected;
    json["found"] = d.found;
  }
  return json;
}

void PrintJson(const Console& console, const std::string& path, const artifact::Program& program,
               const SelfTestAnswer& answer) {
  const runtime::SelfTestReport& report = answer.report;
  Json json = {{"model", path},
               {"passed", answer.passed()},
               {"golden_vectors", answer.vectors},
               {"records", report.records},
               {"variants", report.variants},
               {"summary", SelfTestSummary(answer)},
               {"plain_cpp",
                {{"whole_records", report.whole_records},
                 {"sampled_records", report.sampled_records},
                 {"elements", report.sampled_elements},
                 {"all_elements", report.elements}}}};
  json["problems"] = Json::array();
  for (const SelfTestProblem& problem : answer.problems) {
    json["problems"].push_back({{"part", problem.part},
                                {"text", problem.text},
                                {"cause", problem.cause},
                                {"fix", problem.fix}});
  }
  if (report.difference) {
    json["difference"] = DifferenceJson(program, answer);
  }
  console.PrintJson(json);
}

}  // namespace

std::function<Status(Console&)> Setup_selftest(CLI::App& app) {
  struct Arguments {
    std::string model;
    bool full = false;
  };
  auto args = std::make_shared<Arguments>();
  app.add_option("model", args->model, "a .plumb artifact")->required();
  app.add_flag("--full", args->full,
               "every instruction set of this CPU, whole, on every golden vector");
  return [args](Console& console) -> Status {
    if (std::error_code ignored; !std::filesystem::is_regular_file(args->model, ignored)) {
      return UsageError("there is no file '", args->model, "'; expected a .plumb artifact");
    }
    PLUMB_ASSIGN_OR_RETURN(const auto artifact, artifact::ReadArtifact(args->model));
    runtime::SelfTestOptions options;
    options.threads = console.Threads();
    options.full = args->full;
    PLUMB_ASSIGN_OR_RETURN(const SelfTestAnswer answer, RunSelfTest(artifact, options));
    console.json ? PrintJson(console, args->model,
                             artifact::Variant(artifact, answer.variant)->program, answer)
                 : PrintText(console, args->model, answer);
    if (!answer.passed()) {
      return VerificationFailed("this machine and '", args->model, "' do not fit together");
    }
    constexpr int kWarnings = 8;
    console.exit_code = answer.vectors == 0 && console.strict ? kWarnings : 0;
    return {};
  };
}

}  // namespace plumb::cli
