// A command line becomes the work of a verb. main() runs one, and so does whoever offers the verbs
// inside another process.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/cli/console.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {

class CommandLine {
 public:
  // Declares every verb with its options. Results and messages go through `console`, which outlives this object.
  explicit CommandLine(Console& console);

  // Takes the words behind the program's name. Throws CLI::ParseError for what CLI11 answers itself: --help,
  // --version, a value that an option does not take.
  Status Parse(std::vector<std::string> args);
  // Does the work of the verb that was parsed.
  Status Run();

  [[nodiscard]] CLI::App& app() { return app_; }
  [[nodiscard]] std::string verb() const;  // empty before Parse has found one

 private:
  struct Entry {
    CLI::App* app;
    std::function<Status(Console&)> run;
  };

  CLI::App app_;
  Console& console_;
  std::vector<Entry> entries_;
  bool verbose_ = false, quiet_ = false;
};

// The whole program: the exit code, messages on the standard streams.
[[nodiscard]] int RunCommandLine(const std::vector<std::string>& args);

}  // namespace plumb::cli
