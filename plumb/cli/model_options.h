// Options that every verb with a model shares.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "plumb/api/model.h"

namespace plumb::cli {

// The texts as given; Parse turns them into ModelOptions.
struct ModelArguments {
  std::string model;
  std::vector<std::string> input_shapes;
  std::vector<std::string> disabled_passes;
  int level = 3;
  std::string color, mean, std, resize, pad, decode, labels;

  void Declare(CLI::App& app);  // the model as a positional, and all options
  [[nodiscard]] Result<ModelOptions> Parse() const;
};

}  // namespace plumb::cli
