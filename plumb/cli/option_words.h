// Options given by name and value instead of as words of a command line: lines of a job file, keywords of Python.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "plumb/base/status.h"

namespace plumb::cli {

// The option of a verb by its long name; usage error naming those there are.
[[nodiscard]] Result<const CLI::Option*> OptionByName(const CLI::App& verb,
                                                      const std::string& name);
[[nodiscard]] bool IsFlag(const CLI::Option& option);

// Appends the words that give it these values: of a flag "true" or "false", of an option that may be repeated a word a
// value, of another one all values with commas between them.
void AppendWords(const CLI::Option& option, const std::string& name,
                 std::span<const std::string> values, std::vector<std::string>& words);

}  // namespace plumb::cli
