// Options that every verb with a model shares.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/cli/console.h"

namespace plumb::cli {

// The texts as given; Parse turns them into ModelOptions.
struct ModelArguments {
  std::string model;
  std::vector<std::string> input_shapes;
  std::vector<std::string> inputs, outputs, constants;
  std::vector<std::string> disabled_passes;
  int level = 3;
  std::string color, mean, std, resize, pad, decode, labels;

  bool self_test = false;

  void Declare(CLI::App& app);         // the model as a positional, and all options
  void DeclareOptions(CLI::App& app);  // the options alone
  // --input-shape, --inputs, --outputs and --constant; --cut-inputs and --cut-outputs of a verb whose --outputs is something
  // else.
  void DeclareReading(CLI::App& app);
  Status ParseReading(ModelOptions& options) const;
  void DeclareSelfTest(CLI::App& app);  // of verbs that use a model's results
  [[nodiscard]] Result<ModelOptions> Parse() const;
};

// What a self-test at load found, where one was asked for.
void ReportSelfTest(const Console& console, const Model& model);

}  // namespace plumb::cli
