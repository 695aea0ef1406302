// The program: parses the command line, runs one verb, turns its Status into a message and an exit code. Decides nothing
// else; the work is done by plumb/api.

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <new>

#include "plumb/api/version.h"
#include "plumb/cli/config_file.h"
#include "plumb/cli/rknn_spelling.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

constexpr std::string_view kFooter =
    "Exit codes: 0 pass, 1 a bug of Plumb, 2 usage, 3 verification failed, 4 invalid or "
    "unsupported model,\n"
    "5 incompatible version or target, 6 out of memory or disk, 7 environment, 8 warnings under "
    "--strict.\n"
    "'plumb VERB --help' shows a verb's options.";

int Fail(std::string_view verb, const Status& status) {
  std::fflush(stdout);  // the message comes after the results
  std::fprintf(stderr, "plumb%s%.*s: error: %s\n", verb.empty() ? "" : " ",
               static_cast<int>(verb.size()), verb.data(), status.message().c_str());
  return static_cast<int>(status.code());
}

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
    const bool plain = !arg.empty() && std::ranges::all_of(arg, [](unsigned char c) {
      return std::isalnum(c) != 0 ||
             std::string_view("-_./,=:+@%").find(static_cast<char>(c)) != std::string_view::npos;
    });
    if (plain) {
      line += " " + arg;
      continue;
    }
    line += " '";
    for (const char c : arg) {
      line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    line += "'";
  }
  return line;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Plumb converts neural networks to small quantized artifacts, proves that they are still the "
      "model you "
      "trained, and runs them.",
      "plumb");
  app.footer(std::string(kFooter));
  app.set_version_flag("--version", VersionText());
  app.require_subcommand(1);

  Console console;
  struct Entry {
    CLI::App* app;
    std::function<Status(Console&)> run;
  };
  std::vector<Entry> entries;
  bool verbose = false, quiet = false;
  for (const Verb& verb : Verbs()) {
    CLI::App* sub = app.add_subcommand(std::string(verb.name), std::string(verb.summary));
    Entry entry{sub, verb.setup(*sub)};
    sub->add_flag("--json", console.json, "print the result as one JSON object");
    if (sub->get_option_no_throw("--threads") == nullptr) {  // bench takes a list
      sub->add_option("--threads", console.threads,
                      "threads to compute with (default: all this process may use)")
          ->check(CLI::Range(1, 1024));
    }
    sub->add_flag("-v,--verbose", verbose, "say more");
    sub->add_flag("-q,--quiet", quiet, "say only results, warnings and errors");
    sub->add_flag("--strict", console.strict, "exit with code 8 when there are warnings");
    sub->add_option("--config",
                    "take options from a YAML file (docs/job-file.md); those given here win");
    entries.push_back(std::move(entry));
  }

  std::vector<std::string> args(argv + 1, argv + argc);
  const auto is_named = [&](const Verb& verb) { return verb.name == args[0]; };
  if (!args.empty() && !args[0].starts_with("-") && std::ranges::none_of(Verbs(), is_named)) {
    return Fail("", UsageError("'", args[0], "' is not a verb; expected one of: ", VerbNames()));
  }
  console.command = Quoted(args);
  std::vector<std::string> notes;
  for (const Status& status : {TakeRknnSpellings(args, notes), ApplyConfigFile(app, args, notes)}) {
    if (!status.ok()) {
      return Fail("", status);
    }
  }
  try {
    std::vector<std::string> reversed(args.rbegin(), args.rend());  // as CLI11 wants it
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(Code::kUsage);
  }
  console.verbosity = quiet     ? Verbosity::kQuiet
                      : verbose ? Verbosity::kVerbose
                                : Verbosity::kNormal;
  for (const std::string& note : notes) {
    console.Note(note);
  }
  for (const Entry& entry : entries) {
    if (entry.app->parsed()) {
      const Status status = entry.run(console);
      return status.ok() ? console.exit_code : Fail(entry.app->get_name(), status);
    }
  }
  return static_cast<int>(Code::kUsage);
}

}  // namespace
}  // namespace plumb::cli

int main(int argc, char** argv) {
  try {
    return plumb::cli::Main(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs(
        "plumb: error: out of memory. Try a smaller picture or batch, or a machine with more "
        "memory.\n",
        stderr);
    return static_cast<int>(plumb::Code::kResource);
  } catch (const std::length_error&) {
    std::fputs("plumb: error: out of memory: something is too large to be held.\n", stderr);
    return static_cast<int>(plumb::Code::kResource);
  }
}
