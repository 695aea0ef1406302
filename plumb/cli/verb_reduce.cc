// plumb reduce: the smallest part that still fails, as an ONNX test case.

#include <nlohmann/json.hpp>

#include "plumb/api/reduce_model.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

void PrintText(const Console& console, const ReduceResult& result) {
  console.Print(
      StrCat(result.records.size(), " of ", result.records_before,
             result.records.size() == 1 ? " records still fails: " : " records still fail: ",
             result.figure_after, " at '", result.output, "' (the whole: ", result.figure_before,
             "; ", result.tries, " parts tried)"));
  for (const ReduceResult::Record& record : result.records) {
    console.Print(StrCat("  ", record.op, "  ", record.name));
  }
  for (const std::string& input : result.inputs) {
    console.Print(StrCat("  input   ", input));
  }
  console.Print(StrCat("written  ", result.file, " and test_data_set_0 beside it, outputs of ",
                       result.expected_from));
}

void PrintJson(const Console& console, const ReduceResult& result) {
  nlohmann::ordered_json json = {{"records_before", result.records_before},
                                 {"tries", result.tries},
                                 {"output", result.output},
                                 {"inputs", result.inputs},
                                 {"figure_before", result.figure_before},
                                 {"figure_after", result.figure_after},
                                 {"expected_from", result.expected_from},
                                 {"file", result.file}};
  json["records"] = nlohmann::ordered_json::array();
  for (const ReduceResult::Record& record : result.records) {
    json["records"].push_back({{"op", record.op}, {"name", record.name}});
  }
  console.PrintJson(json);
}

}  // namespace

std::function<Status(Console&)> Setup_reduce(CLI::App& app) {
  struct Arguments {
    ModelArguments model;
    ReduceOptions reduce;
    std::string check;
  };
  auto args = std::make_shared<Arguments>();
  args->model.Declare(app);
  app.add_option("--check", args->check,
                 "what is wrong: 'sqnr(NAME)<20', 'cosine(NAME)<0.99', 'nan(NAME)', "
                 "'differs-by-isa(NAME)' or 'differs-from-judge(NAME)'; NAME: an output or a "
                 "tensor, the first output where it is left out")
      ->required();
  app.add_option("--against", args->reduce.against,
                 "the float model, which sqnr and cosine compare with");
  app.add_option("--data", args->reduce.data,
                 "a picture, an .npy, an .npz or a list; its first sample is used")
      ->required();
  app.add_option("-o,--output", args->reduce.output,
                 "folder to write model.onnx and test_data_set_0 into")
      ->required();
  return [args](Console& console) -> Status {
    ReduceOptions& options = args->reduce;
    options.model = args->model.model;
    PLUMB_ASSIGN_OR_RETURN(options.model_options, args->model.Parse());
    PLUMB_ASSIGN_OR_RETURN(options.check, ParseReduceCheck(args->check));
    options.threads = console.Threads();
    PLUMB_ASSIGN_OR_RETURN(const ReduceResult result, ReduceModel(options));
    console.json ? PrintJson(console, result) : PrintText(console, result);
    return {};
  };
}

}  // namespace plumb::cli
