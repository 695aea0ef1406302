// Options that changed nothing: found by doing the stage that they act on once more without them.
#pragma once

#include <string>
#include <vector>

#include "plumb/api/convert.h"
#include "plumb/api/model.h"
#include "plumb/api/samples.h"
#include "plumb/compile/compile.h"

namespace plumb {

// The conversion that was made with `options`.
struct MadeWith {
  const ConvertOptions& options;
  const Model& model;
  const SampleList& samples;
  const compile::CompileOptions& compile_options;
  const compile::Compiled& compiled;
};

// One line an option that is not as it is by default and leaves the result as it would be without
// it: "--percentile 99.9: only --observer percentile reads it". What restates what was assumed or
// recognised anyway is not among them: it makes it certain.
[[nodiscard]] std::vector<std::string> OptionsWithoutEffect(const MadeWith& made);

}  // namespace plumb
