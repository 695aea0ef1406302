// The verbs of the program, run in this process: options by the declarations of the command line, the result as the JSON
// text that --json prints.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdio>
#include <new>

#include "native.h"
#include "native_model.h"
#include "plumb/cli/command_line.h"
#include "plumb/cli/option_words.h"

namespace nb = nanobind;

namespace plumb::python {
namespace {

constexpr std::string_view kMessageNames[] = {"result", "note", "warning"};

// Lets Ctrl-C and exceptions of the callbacks end the verb.
void CheckSignals() {
  if (PyErr_CheckSignals() != 0) {
    throw nb::python_error();
  }
}

struct VerbOutcome {
  int exit_code = 0;
  std::string error;  // empty: none
  std::string result;
};

VerbOutcome RunVerb(const std::string& verb, const std::vector<std::string>& positionals,
                    const Keywords& keywords, const nb::object& message,
                    const nb::object& progress) {
  VerbOutcome outcome;
  const nb::gil_scoped_release released;
  cli::Console console;
  console.listener = [&](cli::Message kind, std::string_view text) {
    if (kind == cli::Message::kResult) {
      outcome.result += text;
      return;
    }
    const nb::gil_scoped_acquire gil;
    CheckSignals();
    if (!message.is_none()) {
      const std::string_view name = kMessageNames[static_cast<size_t>(kind)];
      message(nb::str(name.data(), name.size()), nb::str(text.data(), text.size()));
    }
  };
  console.progress = [&](std::string_view stage, size_t done, size_t total) {
    const nb::gil_scoped_acquire gil;
    CheckSignals();
    if (!progress.is_none()) {
      progress(nb::str(stage.data(), stage.size()), done, total);
    }
  };
  cli::CommandLine line(console);
  CLI::App* const app = line.app().get_subcommand(verb);
  Status status;
  std::vector<std::string> words = {verb, "--json"};
  for (size_t i = 0; status.ok() && i < keywords.size(); ++i) {
    const auto& [name, values] = keywords[i];
    if (name == "config") {
      words.push_back("--config=" + (values.empty() ? "" : values[0]));
      continue;
    }
    const auto option = cli::OptionByName(*app, name);
    status = option.status();
    if (status.ok()) {
      cli::AppendWords(**option, name, values, words);
    }
  }
  if (!positionals.empty()) {
    words.emplace_back("--");
    words.insert(words.end(), positionals.begin(), positionals.end());
  }
  if (status.ok()) {
    try {
      status = line.Parse(words);
      status = status.ok() ? line.Run() : status;
    } catch (const CLI::ParseError& error) {
      status = UsageError(error.what());
    } catch (const std::bad_alloc&) {
      status = ResourceError("out of memory");
    }
  }
  outcome.exit_code = status.ok() ? console.exit_code : static_cast<int>(status.code());
  outcome.error = status.message();
  return outcome;
}

// The program itself, with the standard streams of this process.
int RunProgram(const std::vector<std::string>& words) {
  const nb::gil_scoped_release released;
  return cli::RunCommandLine(words);
}

}  // namespace

Result<Model> OpenModel(const std::string& path, const Keywords& keywords) {
  CLI::App app("", "Session");
  cli::ModelArguments arguments;
  arguments.Declare(app);
  arguments.DeclareSelfTest(app);
  std::vector<std::string> words;
  for (const auto& [name, values] : keywords) {
    PLUMB_ASSIGN_OR_RETURN(const CLI::Option* const option, cli::OptionByName(app, name));
    cli::AppendWords(*option, name, values, words);
  }
  words.emplace_back("--");
  words.push_back(path);
  try {
    std::reverse(words.begin(), words.end());  // as CLI11 wants it
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return UsageError(error.what());
  }
  PLUMB_ASSIGN_OR_RETURN(const ModelOptions options, arguments.Parse());
  return LoadModel(path, options);
}

void DefineVerbs(nb::module_& module) {
  module.def(
      "run_verb",
      [](const std::string& verb, const std::vector<std::string>& positionals,
         const Keywords& keywords, const nb::object& message, const nb::object& progress) {
        const VerbOutcome outcome = RunVerb(verb, positionals, keywords, message, progress);
        return nb::make_tuple(outcome.exit_code, outcome.error, outcome.result);
      },
      nb::arg("verb"), nb::arg("positionals"), nb::arg("keywords"), nb::arg("message").none(),
      nb::arg("progress").none(), "Runs a verb: (exit code, error message or '', JSON text).");
  module.def("run_program", &RunProgram, nb::arg("words"),
             "Runs a command line as the program does: its exit code.");
}

}  // namespace plumb::python
