// plumb list operators|passes|records

#include <nlohmann/json.hpp>

#include "plumb/api/export.h"
#include "plumb/cli/verb.h"
#include "plumb/ops/op_def.h"
#include "plumb/passes/pass.h"
#include "plumb/runtime/binding.h"

namespace plumb::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string ImportedFrom(const ops::OpDef& op) {
  std::string text;
  for (const ops::ImportRule& rule : op.imports) {
    text += (text.empty() ? "" : ", ") + std::string(rule.type);
  }
  return text;
}

std::string_view IntegerForm(ops::QuantKind kind) {
  switch (kind) {
    case ops::QuantKind::kFloat:
      return "float only";
    case ops::QuantKind::kDot:
      return "int8, exact int32 sums";
    case ops::QuantKind::kTable:
      return "int8, table";
    case ops::QuantKind::kSameGrid:
      return "int8, moves elements";
    case ops::QuantKind::kConcat:
      return "int8, one grid or one per channel";
    case ops::QuantKind::kAdd:
      return "int8, sum";
    case ops::QuantKind::kMul:
      return "int8, product";
    case ops::QuantKind::kAverage:
      return "int8, mean";
    case ops::QuantKind::kBoundary:
      return "between float and integers";
  }
  return "?";
}

Json Operators() {
  Json list = Json::array();
  for (const ops::OpDef* op : ops::AllOps()) {
    Json rules = Json::array();
    for (const ops::Constraint& constraint : op->constraints) {
      rules.push_back(StrCat(constraint.label, " ", constraint.sentence));
    }
    list.push_back({{"name", op->name},
                    {"summary", op->summary},
                    {"onnx", ImportedFrom(*op)},
                    {"integer", IntegerForm(op->quant)},
                    {"rules", rules}});
  }
  return list;
}

Json Passes() {
  Json list = Json::array();
  for (const passes::Pass& pass : passes::Pipeline()) {
    list.push_back({{"name", pass.name}, {"level", pass.level}, {"summary", pass.summary}});
  }
  return list;
}

Json Records() {
  Json list = Json::array();
  for (const runtime::RecordKind& kind : runtime::RecordKinds()) {
    list.push_back({{"name", kind.op},
                    {"version", kind.version},
                    {"onnx", HasOnnxForm(kind.op) ? "can be exported" : ""}});
  }
  return list;
}

// Markdown, as docs/operators.md holds it.
std::string Markdown(const Json& rows) {
  std::string text;
  for (const auto& [key, value] : rows.at(0).items()) {
    text += "| " + key + " ";
  }
  text += "|\n";
  for (size_t i = 0; i < rows.at(0).size(); ++i) {
    text += "| --- ";
  }
  text += "|\n";
  for (const Json& row : rows) {
    for (const auto& [key, value] : row.items()) {
      std::string cell;
      if (value.is_array()) {
        for (const Json& item : value) {
          cell += (cell.empty() ? "" : "; ") + item.get<std::string>();
        }
      } else {
        cell = value.is_string() ? value.get<std::string>() : value.dump();
      }
      text += "| " + cell + " ";
    }
    text += "|\n";
  }
  return text;
}

}  // namespace

std::function<Status(Console&)> Setup_list(CLI::App& app) {
  auto what = std::make_shared<std::string>();
  app.add_option("what", *what, "operators, passes or records")
      ->required()
      ->check(CLI::IsMember({"operators", "passes", "records"}));
  return [what](Console& console) -> Status {
    const Json rows = *what == "operators" ? Operators() : *what == "passes" ? Passes() : Records();
    console.json ? console.PrintJson({{*what, rows}}) : console.Print(Markdown(rows));
    return {};
  };
}

}  // namespace plumb::cli
