#include "plumb/cli/command_line.h"

#include <algorithm>
#include <cstdio>
#include <new>
#include <stdexcept>

#include "plumb/api/version.h"
#include "plumb/base/shell_word.h"
#include "plumb/cli/config_file.h"
#include "plumb/cli/option_words.h"
#include "plumb/cli/rknn_spelling.h"

namespace plumb::cli {
namespace {

constexpr std::string_view kFooter =
    "Exit codes: 0 pass, 1 a bug of Plumb, 2 usage, 3 verification failed, 4 invalid or "
    "unsupported model,\n"
    "5 incompatible version or target, 6 out of memory or disk, 7 environment, 8 warnings under "
    "--strict.\n"
    "'plumb VERB --help' shows a verb's options.";

std::string VerbNames() {
  std::string names;
  for (const Verb& verb : Verbs()) {
    names += (names.empty() ? "" : ", ") + std::string(verb.name);
  }
  return names;
}

// The command line as a shell would take it again.
std::string Quoted(const std::vector<std::string>& args) {
  std::string line = "plumb";
  for (const std::string& arg : args) {
    line += " " + ShellWord(arg);
  }
  return line;
}

// Of a verb that runs another program: behind the verb's own flags everything belongs to that one.
void SetWordsApart(const CLI::App& verb, std::vector<std::string>& args) {
  const auto is_other = [&](const std::string& word) {
    const CLI::Option* option = word.starts_with("-") ? verb.get_option_no_throw(word) : nullptr;
    return option == nullptr || !IsFlag(*option);
  };
  const auto first = std::find_if(args.begin() + 1, args.end(), is_other);
  if (first != args.end()) {
    args.insert(first, "--");
  }
}

int Fail(std::string_view verb, const Status& status) {
  std::fflush(stdout);  // the message comes after the results
  std::fprintf(stderr, "plumb%s%.*s: error: %s\n", verb.empty() ? "" : " ",
               static_cast<int>(verb.size()), verb.data(), status.message().c_str());
  return static_cast<int>(status.code());
}

int RunAndTell(const std::vector<std::string>& args) {
  Console console;
  CommandLine line(console);
  try {
    const Status status = line.Parse(args);
    if (!status.ok()) {
      return Fail("", status);
    }
  } catch (const CLI::ParseError& error) {
    const int code = line.app().exit(error);
    return code == 0 ? 0 : static_cast<int>(Code::kUsage);
  }
  const Status status = line.Run();
  return status.ok() ? console.exit_code : Fail(line.verb(), status);
}

}  // namespace

CommandLine::CommandLine(Console& console)
    : app_(
          "Plumb converts neural networks to small quantized artifacts, proves that they are still "
          "the "
          "model you "
          "trained, and runs them.",
          "plumb"),
      console_(console) {
  app_.footer(std::string(kFooter));
  app_.set_version_flag("--version", VersionText());
  app_.require_subcommand(1);
  for (const Verb& verb : Verbs()) {
    CLI::App* sub = app_.add_subcommand(std::string(verb.name), std::string(verb.summary));
    Entry entry{sub, verb.setup(*sub)};
    sub->add_flag("--json", console.json, "print the result as one JSON object");
    if (sub->get_option_no_throw("--threads") == nullptr) {  // bench takes a list
      sub->add_option("--threads", console.threads,
                      "threads to compute with (default: all this process may use)")
          ->check(CLI::Range(1, 1024));
    }
    sub->add_flag("-v,--verbose", verbose_, "say more");
    sub->add_flag("-q,--quiet", quiet_, "say only results, warnings and errors");
    sub->add_flag("--strict", console.strict, "exit with code 8 when there are warnings");
    sub->add_option("--config",
                    "take options from a YAML file (docs/job-file.md); those given here win");
    entries_.push_back(std::move(entry));
  }
}

Status CommandLine::Parse(std::vector<std::string> args) {
  const auto is_named = [&](const Verb& verb) { return verb.name == args[0]; };
  if (!args.empty() && !args[0].starts_with("-") && std::ranges::none_of(Verbs(), is_named)) {
    return UsageError("'", args[0], "' is not a verb; expected one of: ", VerbNames());
  }
  console_.command = Quoted(args);
  std::vector<std::string> notes;
  if (!args.empty() && !args[0].starts_with("-") &&
      app_.get_subcommand(args[0])->get_prefix_command()) {
    SetWordsApart(*app_.get_subcommand(args[0]), args);
  } else {
    PLUMB_RETURN_IF_ERROR(TakeRknnSpellings(args, notes));
    PLUMB_RETURN_IF_ERROR(ApplyConfigFile(app_, args, notes));
  }
  std::reverse(args.begin(), args.end());  // as CLI11 wants it
  app_.parse(args);
  console_.verbosity = quiet_     ? Verbosity::kQuiet
                       : verbose_ ? Verbosity::kVerbose
                                  : Verbosity::kNormal;
  for (const std::string& note : notes) {
    console_.Note(note);
  }
  return {};
}

std::string CommandLine::verb() const {
  const auto parsed =
      std::ranges::find_if(entries_, [](const Entry& e) { return e.app->parsed(); });
  return parsed == entries_.end() ? "" : parsed->app->get_name();
}

Status CommandLine::Run() {
  const auto parsed =
      std::ranges::find_if(entries_, [](const Entry& e) { return e.app->parsed(); });
  PLUMB_CHECK(parsed != entries_.end()) << "CLI11 let a command line without a verb pass";
  return parsed->run(console_);
}

int RunCommandLine(const std::vector<std::string>& args) {
  try {
    return RunAndTell(args);
  } catch (const std::bad_alloc&) {
    std::fputs(
        "plumb: error: out of memory. Try a smaller picture or batch, or a machine with more "
        "memory.\n",
        stderr);
    return static_cast<int>(Code::kResource);
  } catch (const std::length_error&) {
    std::fputs("plumb: error: out of memory: something is too large to be held.\n", stderr);
    return static_cast<int>(Code::kResource);
  }
}

}  // namespace plumb::cli
