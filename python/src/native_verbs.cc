// The verbs of the program, run in this process: options by the declarations of the command line, the result as the JSON
// text that --json prints.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <new>

#include "native.h"
#include "native_job.h"
#include "native_model.h"
#include "plumb/cli/command_line.h"
#include "plumb/cli/option_words.h"
#include "plumb/cli/rknn_spelling.h"
#include "plumb/import/onnx/import.h"

namespace nb = nanobind;

namespace plumb::python {
namespace {

struct VerbCall {
  std::string verb;
  std::vector<std::string> positionals;
  Keywords keywords;
};

struct VerbOutcome {
  int exit_code = 0;
  std::string error;  // empty: none
  std::string result;
};

Result<std::vector<std::string>> WordsOf(const VerbCall& call, const CLI::App& verb) {
  std::vector<std::string> words = {call.verb, "--json"};
  for (const auto& [name, values] : call.keywords) {
    if (name == "config") {
      words.push_back("--config=" + (values.empty() ? "" : values[0]));
      continue;
    }
    PLUMB_ASSIGN_OR_RETURN(const CLI::Option* const option, cli::OptionByName(verb, name));
    cli::AppendWords(*option, name, values, words);
  }
  if (!call.positionals.empty()) {
    words.emplace_back("--");
    words.insert(words.end(), call.positionals.begin(), call.positionals.end());
  }
  return words;
}

Status RunLine(cli::CommandLine& line, const VerbCall& call) {
  PLUMB_ASSIGN_OR_RETURN(std::vector<std::string> words,
                         WordsOf(call, *line.app().get_subcommand(call.verb)));
  try {
    PLUMB_RETURN_IF_ERROR(line.Parse(std::move(words)));
    return line.Run();
  } catch (const CLI::ParseError& error) {
    return UsageError(error.what());
  } catch (const std::bad_alloc&) {
    return ResourceError("out of memory");
  }
}

VerbOutcome RunVerb(const VerbCall& call, Job& job) {
  VerbOutcome outcome;
  cli::Console console;
  console.listener = [&](cli::Message kind, std::string_view text) {
    if (kind == cli::Message::kResult) {
      outcome.result += text;
    } else {
      job.Tell({false, kind == cli::Message::kWarning ? "warning" : "note", std::string(text)});
    }
  };
  console.progress = [&](std::string_view stage, size_t done, size_t total) {
    job.Tell({true, std::string(stage), "", done, total});
  };
  cli::CommandLine line(console);
  const Status status = RunLine(line, call);
  outcome.exit_code = status.ok() ? console.exit_code : static_cast<int>(status.code());
  outcome.error = status.message();
  return outcome;
}

// (exit code, error message, JSON text)
nb::tuple RunVerbAsJob(std::string verb, std::vector<std::string> positionals, Keywords keywords,
                       const nb::object& message, const nb::object& progress) {
  const auto outcome = std::make_shared<VerbOutcome>();
  const VerbCall call = {std::move(verb), std::move(positionals), std::move(keywords)};
  Job::Run([call, outcome](Job& job) { *outcome = RunVerb(call, job); },
           [&](const Told& told) {
             if (told.is_progress && !progress.is_none()) {
               progress(told.subject, told.done, told.total);
             } else if (!told.is_progress && !message.is_none()) {
               message(told.subject, told.text);
             }
           });
  return nb::make_tuple(outcome->exit_code, outcome->error, outcome->result);
}

// ([(option, value)], note), or None for a name that the job files of convert do not take either.
nb::object OptionsOfRknn(const std::string& name, const std::string& value) {
  const auto found = cli::FromRknn(name, value);
  if (!found.ok()) {
    Raise(found.status());
  }
  return *found ? nb::object(nb::make_tuple((*found)->options, (*found)->note)) : nb::none();
}

std::vector<std::string> InputNames(const std::string& model) {
  auto names = onnx::InputNames(model);
  if (!names.ok()) {
    Raise(names.status());
  }
  return std::move(*names);
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
  module.def("run_verb", &RunVerbAsJob, nb::arg("verb"), nb::arg("positionals"),
             nb::arg("keywords"), nb::arg("message").none(), nb::arg("progress").none(),
             "Runs a verb: (exit code, error message or '', JSON text).");
  module.def(
      "rknn_option", &OptionsOfRknn, nb::arg("name"), nb::arg("value"),
      "An option as RKNN spells it, in Plumb's spelling: ([(option, value)], note) or None.");
  module.def("input_names", &InputNames, nb::arg("model"),
             "The names of a float model's inputs, in its order.");
  module.def("run_program", &RunProgram, nb::arg("words"),
             "Runs a command line as the program does: its exit code.");
}

}  // namespace plumb::python
