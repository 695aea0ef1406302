// plumb export: a network as a file for other tools.

#include <map>
#include <nlohmann/json.hpp>

#include "plumb/api/export.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

struct Arguments {
  ModelArguments model;
  ExportOptions options;
};

void PrintText(const Console& console, const Arguments& args, const ExportResult& result) {
  console.Print(StrCat(args.model.model, ": ", result.records.size(), " records, ",
                       result.integer_records, " of them with integers, as ", result.nodes,
                       " nodes of ", args.options.format));
  if (result.integer_records > 0) {
    console.Print(StrCat("  the same integers, record by record: ", result.exact_records, " of ",
                         result.integer_records));
  }
  std::map<std::string, size_t> forms;
  for (const ExportRecord& record : result.records) {
    ++forms[record.op + ": " + record.nodes + (record.exact ? "" : "  (not the same bits)")];
  }
  for (const auto& [form, count] : forms) {
    console.Detail(StrCat("  ", count, " ", form));
  }
  console.Print(StrCat("written  ", result.file, "  (", result.bytes / 1024, " KiB)"));
  if (!result.data_file.empty()) {
    console.Print(StrCat("written  ", result.data_file, "  (", result.data_bytes / 1024,
                         " KiB, belongs to it)"));
  }
}

void PrintJson(const Console& console, const Arguments& args, const ExportResult& result) {
  using Json = nlohmann::ordered_json;
  Json json = {{"model", args.model.model},
               {"format", args.options.format},
               {"file", result.file},
               {"bytes", result.bytes},
               {"data_file", result.data_file},
               {"data_bytes", result.data_bytes},
               {"nodes", result.nodes},
               {"integer_records", result.integer_records},
               {"exact_records", result.exact_records}};
  json["records"] = Json::array();
  for (const ExportRecord& r : result.records) {
    json["records"].push_back({{"index", r.index},
                               {"op", r.op},
                               {"name", r.name},
                               {"nodes", r.nodes},
                               {"exact", r.exact},
                               {"bound", r.bound}});
  }
  json["tensors"] = Json::array();
  for (const ExportTensor& t : result.tensors) {
    json["tensors"].push_back({{"tensor", t.tensor}, {"name", t.name}, {"output", t.output}});
  }
  console.PrintJson(json);
}

}  // namespace

std::function<Status(Console&)> Setup_export(CLI::App& app) {
  auto args = std::make_shared<Arguments>();
  args->model.Declare(app);
  app.add_option("-o,--output", args->options.output, "the file to write")->required();
  app.add_option("--format", args->options.format,
                 "onnx-qdq (for other tools) or onnx-qoperator (the same integers)")
      ->check(CLI::IsMember(ExportFormats()))
      ->capture_default_str();
  app.add_flag("--keep-tensors", args->options.keep_tensors,
               "every integer tensor as an output too");
  app.add_flag("--external-data", args->options.external_data,
               "weights in a file beside the model, as above 2 GiB");
  return [args](Console& console) -> Status {
    PLUMB_ASSIGN_OR_RETURN(const ModelOptions options, args->model.Parse());
    PLUMB_ASSIGN_OR_RETURN(const Model model, LoadModel(args->model.model, options));
    args->options.progress = console.ProgressBar();
    PLUMB_ASSIGN_OR_RETURN(const ExportResult result, Export(model, args->options));
    console.json ? PrintJson(console, *args, result) : PrintText(console, *args, result);
    if (result.integer_records == 0) {
      console.Note("the network has no integers: convert it to a .plumb first to export those");
    }
    return {};
  };
}

}  // namespace plumb::cli
