// plumb onnx-edit: other shapes of a model's inputs and outputs.

#include <nlohmann/json.hpp>

#include "plumb/api/edit_model.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

// "name=formula"
Status Take(std::string_view option, const std::vector<std::string>& texts,
            std::map<std::string, std::string>& to) {
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return UsageError(option, " ", text, ": expected name=formula, as in 'x=a,b,c->a,b,1,c'");
    }
    if (!to.emplace(text.substr(0, equals), text.substr(equals + 1)).second) {
      return UsageError(option, " ", text, ": '", text.substr(0, equals), "' has two formulas");
    }
  }
  return {};
}

}  // namespace

std::function<Status(Console&)> Setup_onnx_edit(CLI::App& app) {
  struct Arguments {
    EditModelOptions edit;
    std::vector<std::string> inputs, outputs;
  };
  auto args = std::make_shared<Arguments>();
  app.add_option("model", args->edit.model, "an .onnx model")->required();
  app.add_option("-o,--output", args->edit.output, "the .onnx file to write")->required();
  app.add_option("--inputs-transform", args->inputs,
                 "name=formula: the shape that an input gets, as in 'x=a,b,c,d->a,d,b,c' (may be "
                 "repeated)")
      ->allow_extra_args(false);
  app.add_option("--outputs-transform", args->outputs, "likewise of an output")
      ->allow_extra_args(false);
  app.add_option("--dataset", args->edit.dataset,
                 "samples, one a line: written anew to fit, beside the output");
  return [args](Console& console) -> Status {
    EditModelOptions& edit = args->edit;
    PLUMB_RETURN_IF_ERROR(Take("--inputs-transform", args->inputs, edit.edits.inputs));
    PLUMB_RETURN_IF_ERROR(Take("--outputs-transform", args->outputs, edit.edits.outputs));
    if (edit.edits.inputs.empty() && edit.edits.outputs.empty()) {
      return UsageError("nothing to change: give --inputs-transform or --outputs-transform");
    }
    PLUMB_ASSIGN_OR_RETURN(const EditModelResult result, EditModel(edit));
    if (console.json) {
      console.PrintJson(
          {{"model", edit.model},
           {"output", edit.output},
           {"dataset", result.dataset.empty() ? nlohmann::ordered_json()
                                              : nlohmann::ordered_json(result.dataset)},
           {"arrays", result.arrays}});
      return {};
    }
    console.Print("written  " + edit.output);
    if (!result.dataset.empty()) {
      console.Print(StrCat("samples  ", result.dataset, ", ", result.arrays, " arrays rewritten"));
    }
    return {};
  };
}

}  // namespace plumb::cli
