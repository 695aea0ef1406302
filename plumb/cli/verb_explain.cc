// plumb explain: what a code of a finding, or an exit code, means and what to do about it.

#include <nlohmann/json.hpp>

#include "plumb/cli/verb.h"
#include "plumb/verify/codes.h"

namespace plumb::cli {
namespace {

nlohmann::ordered_json RowJson(const verify::CodeRow& row) {
  return {{"code", row.code},
          {"title", row.title},
          {"meaning", row.meaning},
          {"causes", row.causes},
          {"remedy", row.remedy}};
}

std::string KnownCodes() {
  std::string known;
  for (const verify::CodeRow& row : verify::Codes()) {
    known += (known.empty() ? "" : ", ") + std::string(row.code);
  }
  return known;
}

}  // namespace

std::function<Status(Console&)> Setup_explain(CLI::App& app) {
  struct Arguments {
    std::string code;
    bool all = false;
  };
  auto args = std::make_shared<Arguments>();
  CLI::Option* code =
      app.add_option("code", args->code, "V0 to V9, S1 to S14, ..., or an exit code");
  app.add_flag("--all", args->all, "every code, as docs/findings.md")->excludes(code);
  return [args](Console& console) -> Status {
    if (args->all) {
      if (!console.json) {
        console.Print(verify::CodesPage());
        return {};
      }
      nlohmann::ordered_json rows = nlohmann::ordered_json::array();
      for (const verify::CodeRow& row : verify::Codes()) {
        rows.push_back(RowJson(row));
      }
      console.PrintJson({{"codes", rows}});
      return {};
    }
    const verify::CodeRow* row = verify::FindCode(args->code);
    if (row == nullptr) {
      return UsageError(args->code.empty() ? "no code given" : "'" + args->code + "' is no code",
                        "; expected one of: ", KnownCodes());
    }
    console.json ? console.PrintJson(RowJson(*row)) : console.Print(verify::ExplainText(*row));
    return {};
  };
}

}  // namespace plumb::cli
