// A verb of the program: a subcommand with its options and what it does.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>
#include <string_view>

#include "plumb/base/status.h"
#include "plumb/cli/console.h"

namespace plumb::cli {

struct Verb {
  std::string_view name;
  std::string_view summary;  // one line, for --help and the README
  // Declares the options on `app` and returns what to do once they are parsed.
  std::function<Status(Console&)> (*setup)(CLI::App& app);
};

// In the order of --help. Adding a verb: one file, one line in verbs.inc.
[[nodiscard]] std::span<const Verb> Verbs();

}  // namespace plumb::cli
