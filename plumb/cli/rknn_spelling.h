// Options as rknn-toolkit2 spells them, in job files and on the command line of convert: mean_values,
// std_values, quantized_dtype and the like.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plumb/base/status.h"

namespace plumb::cli {

struct RknnOption {
  std::vector<std::pair<std::string, std::string>> options;  // long options and their values
  std::string note;  // what is different here, or that it has no effect; may be empty
};

// `value`: the YAML or Python text, "[[0, 0, 0]]", "w8a8", "True". Nothing for other names. A value
// that has no counterpart is a usage error that says what to do.
[[nodiscard]] Result<std::optional<RknnOption>> FromRknn(std::string_view name,
                                                         std::string_view value);

// Replaces "--mean_values=..." and "--mean_values ..." among the arguments of convert.
Status TakeRknnSpellings(std::vector<std::string>& args, std::vector<std::string>& notes);

}  // namespace plumb::cli
