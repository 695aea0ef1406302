// plumb completion bash|zsh|fish: made from the verbs' own options, so that there is no second list of them.

#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

struct Completion {
  std::string name, summary;
  std::vector<std::pair<std::string, std::string>> options;  // "--json", description
};

std::vector<Completion> Collect() {
  std::vector<Completion> all;
  for (const Verb& verb : Verbs()) {
    CLI::App app;
    verb.setup(app);
    Completion one{std::string(verb.name), std::string(verb.summary), {}};
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        one.options.emplace_back("--" + name, option->get_description());
      }
    }
    for (const char* shared :
         {"--json", "--threads", "--verbose", "--quiet", "--strict", "--config"}) {
      one.options.emplace_back(shared, "");
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::string Bash(const std::vector<Completion>& verbs) {
  std::string names, cases;
  for (const Completion& verb : verbs) {
    names += " " + verb.name;
    std::string options;
    for (const auto& option : verb.options) {
      options += " " + option.first;
    }
    cases += "    " + verb.name + ") words=\"" + options.substr(1) + "\" ;;\n";
  }
  return "# bash completion of plumb: source <(plumb completion bash)\n"
         "_plumb() {\n  local words=\"" +
         names.substr(1) +
         "\" current=${COMP_WORDS[COMP_CWORD]}\n"
         "  if [ \"$COMP_CWORD\" -gt 1 ]; then\n    case ${COMP_WORDS[1]} in\n" +
         cases +
         "    esac\n    case $current in\n      -*) ;;\n      *) COMPREPLY=($(compgen -f -- "
         "\"$current\")); return ;;\n    esac\n  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\ncomplete -o filenames -F "
         "_plumb plumb\n";
}

std::string Quoted(const std::string& text) {
  std::string out;
  for (char c : text) {
    out += c == '\'' || c == '[' || c == ']' || c == ':' ? ' ' : c;
  }
  return out;
}

std::string Zsh(const std::vector<Completion>& verbs) {
  std::string names, cases;
  for (const Completion& verb : verbs) {
    names += "    '" + verb.name + ":" + Quoted(verb.summary) + "'\n";
    cases += "    " + verb.name + ") _arguments";
    for (const auto& [option, text] : verb.options) {
      cases += " '" + option + "[" + Quoted(text) + "]'";
    }
    cases += " '*:file:_files' ;;\n";
  }
  return "#compdef plumb\n_plumb() {\n  local -a verbs\n  verbs=(\n" + names +
         "  )\n  if (( CURRENT == 2 )); then _describe verb verbs; return; fi\n  case $words[2] "
         "in\n" +
         cases + "  esac\n}\ncompdef _plumb plumb\n";
}

std::string Fish(const std::vector<Completion>& verbs) {
  std::string script = "# fish completion of plumb: plumb completion fish | source\n";
  for (const Completion& verb : verbs) {
    script += "complete -c plumb -n __fish_use_subcommand -a " + verb.name + " -d '" +
              Quoted(verb.summary) + "'\n";
    for (const auto& [option, text] : verb.options) {
      script += "complete -c plumb -n '__fish_seen_subcommand_from " + verb.name + "' -l " +
                option.substr(2) + " -d '" + Quoted(text) + "'\n";
    }
  }
  return script;
}

}  // namespace

std::function<Status(Console&)> Setup_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  app.add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return [shell](Console& console) -> Status {
    const std::vector<Completion> verbs = Collect();
    console.Print(*shell == "bash" ? Bash(verbs) : *shell == "zsh" ? Zsh(verbs) : Fish(verbs));
    return {};
  };
}

}  // namespace plumb::cli
