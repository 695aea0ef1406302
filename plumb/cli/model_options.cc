#include "plumb/cli/model_options.h"

namespace plumb::cli {

void ModelArguments::Declare(CLI::App& app) {
  app.add_option("model,--from-stage", model,
                 "a .onnx model, a .plumb artifact, or a stage file of --save-stage")
      ->required();
  DeclareOptions(app);
}

void ModelArguments::DeclareOptions(CLI::App& app) {
  DeclareReading(app);
  app.add_option("--disable-pass", disabled_passes,
                 "leave an optimization pass out (see 'plumb list passes')");
  app.add_option("--optimization-level", level, "0 (only what must be) to 3")
      ->check(CLI::Range(0, 3))
      ->capture_default_str();
  app.add_option("--color", color, "order of the input's channels: rgb, bgr or gray")->join(';');
  app.add_option(
         "--mean", mean,
         "per channel, in pixel units: value = (pixel - mean) / std; NAME=... of one input of "
         "several (--color and --std too; may be repeated)")
      ->join(';');
  app.add_option("--std", std, "per channel, in pixel units")->join(';');
  app.add_option(
         "--resize", resize,
         "how a picture is fitted: letterbox, letterbox-corner, stretch or crop[:short side]")
      ->join(';');
  app.add_option("--pad", pad, "grey value of the border, 0 to 255")->join(';');
  app.add_option("--decode", decode,
                 "how outputs become boxes: yolov5,anchors=10:13:...,sigmoid=in_graph");
  app.add_option("--labels", labels, "file with the classes' names, one a line");
}

void ModelArguments::DeclareReading(CLI::App& app) {
  app.add_option(
      "--input-shape", input_shapes,
      "fix symbolic dimensions: name=1x3x640x640 (may be repeated); of an artifact for several "
      "sets of shapes: which set");
  const std::string prefix = app.get_option_no_throw("--outputs") == nullptr ? "--" : "--cut-";
  app.add_option(prefix + "inputs", inputs,
                 "begin the model at these tensors: name[,name] (may be repeated)");
  app.add_option(prefix + "outputs", outputs,
                 "end the model at these tensors, in this order: name[,name] (may be repeated)");
  app.add_option("--constant", constants,
                 "make an input a constant of the model: name=FILE.npy (may be repeated)");
}

Status ModelArguments::ParseReading(ModelOptions& options) const {
  for (const std::string& text : input_shapes) {
    PLUMB_ASSIGN_OR_RETURN(auto shape, ParseInputShape(text));
    options.input_shapes.insert(std::move(shape));
  }
  options.cut.inputs = inputs;
  options.cut.outputs = outputs;
  for (const std::string& text : constants) {
    PLUMB_ASSIGN_OR_RETURN(auto constant, ReadConstant(text));
    const std::string name = constant.first;
    if (!options.cut.constants.insert(std::move(constant)).second) {
      return UsageError("--constant ", name, ": given twice");
    }
  }
  return {};
}

void ModelArguments::DeclareSelfTest(CLI::App& app) {
  app.add_flag("--selftest", self_test,
               "refuse to run an artifact whose self-test fails on this machine (also: "
               "PLUMB_SELFTEST=1)");
}

void ReportSelfTest(const Console& console, const Model& model) {
  if (model.self_test.empty()) {
    return;
  }
  const std::string line = "self-test: " + model.self_test;
  model.artifact->golden.empty() ? console.Warn(line) : console.Detail(line);
}

Result<ModelOptions> ModelArguments::Parse() const {
  ModelOptions options;
  options.self_test = self_test;
  PLUMB_RETURN_IF_ERROR(ParseReading(options));
  options.passes.disabled.insert(disabled_passes.begin(), disabled_passes.end());
  options.passes.level = level;
  const auto given = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  options.contract.picture = {given(color), given(mean), given(std), given(resize), given(pad)};
  if (!decode.empty()) {
    PLUMB_ASSIGN_OR_RETURN(options.contract.decode, contract::ParseDecode(decode));
  }
  if (!labels.empty()) {
    PLUMB_ASSIGN_OR_RETURN(options.contract.labels, ReadLabelFile(labels));
  }
  return options;
}

}  // namespace plumb::cli
