// plumb run: tensors in, tensors out.

#include <nlohmann/json.hpp>

#include "plumb/api/run.h"
#include "plumb/base/number_text.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

struct Arguments {
  ModelArguments model;
  RunOptions run;
  bool no_fuse = false;
};

// "1.234 to 5.678, mean 2.3" of a float tensor; empty for others.
std::string Summary(const Tensor& tensor) {
  if (tensor.dtype() != DType::kF32 || tensor.size() == 0) {
    return "";
  }
  float low = tensor.values<float>()[0], high = low;
  double sum = 0;
  for (float v : tensor.values<float>()) {
    low = std::min(low, v);
    high = std::max(high, v);
    sum += v;
  }
  return StrCat(low, " to ", high, ", mean ", sum / static_cast<double>(tensor.size()));
}

void PrintText(const Console& console, const RunResult& result) {
  for (const RecordHash& hash : result.hashes) {
    console.Print(StrCat(hash.index, "\t", hash.name, "\t", HexText(hash.hash)));
  }
  for (size_t i = 0; i < result.outputs.size(); ++i) {
    const runtime::NamedTensor& output = result.outputs[i];
    const std::string line =
        StrCat(output.name, "  ", DTypeName(output.tensor.dtype()), " ",
               ShapeToString(output.tensor.shape()), "  ", Summary(output.tensor),
               i < result.files.size() ? "  -> " + result.files[i] : "");
    result.hashes.empty() ? console.Print(line) : console.Note(line);
  }
}

void PrintJson(const Console& console, const RunResult& result) {
  nlohmann::ordered_json json;
  json["outputs"] = nlohmann::ordered_json::array();
  for (size_t i = 0; i < result.outputs.size(); ++i) {
    const runtime::NamedTensor& output = result.outputs[i];
    json["outputs"].push_back({{"name", output.name},
                               {"dtype", DTypeName(output.tensor.dtype())},
                               {"shape", output.tensor.shape()}});
    if (i < result.files.size()) {
      json["outputs"].back()["file"] = result.files[i];
    }
  }
  if (!result.hashes.empty()) {
    json["hashes"] = nlohmann::ordered_json::array();
    for (const RecordHash& hash : result.hashes) {
      json["hashes"].push_back({{"index", hash.index},
                                {"name", hash.name},
                                {"op", hash.op},
                                {"hash", HexText(hash.hash)}});
    }
  }
  console.PrintJson(json);
}

}  // namespace

std::function<Status(Console&)> Setup_run(CLI::App& app) {
  auto args = std::make_shared<Arguments>();
  args->model.Declare(app);
  args->model.DeclareSelfTest(app);
  app.add_option("--input", args->run.inputs,
                 "name=file.npy for each input (file.npy alone when there is one)");
  app.add_flag("--as-picture", args->run.as_picture,
               "inputs are pictures, or u8 arrays height x width x 3");
  app.add_option("--save", args->run.save, "folder to write each output into, as <output>.npy");
  app.add_flag("--keep-tensors", args->run.keep_tensors,
               "with --save: what every record makes too, as tensor_<index>.npy");
  app.add_flag("--raw", args->run.raw, "integer outputs as they are stored, not dequantized");
  app.add_flag("--hashes", args->run.hashes, "print a 64-bit hash of what every record makes");
  app.add_flag("--no-fuse", args->no_fuse, "run a float model without fusion");
  return [args](Console& console) -> Status {
    PLUMB_ASSIGN_OR_RETURN(ModelOptions options, args->model.Parse());
    options.fuse = !args->no_fuse;
    PLUMB_ASSIGN_OR_RETURN(const Model model, LoadModel(args->model.model, options));
    ReportSelfTest(console, model);
    args->run.threads = console.Threads();
    PLUMB_ASSIGN_OR_RETURN(const RunResult result, Run(model, args->run));
    console.json ? PrintJson(console, result) : PrintText(console, result);
    return {};
  };
}

}  // namespace plumb::cli
