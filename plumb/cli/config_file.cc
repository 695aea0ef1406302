#include "plumb/cli/config_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>

#include "plumb/cli/option_words.h"
#include "plumb/cli/rknn_spelling.h"

namespace plumb::cli {
namespace {

// The file named by --config, or nothing.
std::optional<std::string> ConfigPath(const std::vector<std::string>& args) {
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--config" && i + 1 < args.size()) {
      return args[i + 1];
    }
    if (args[i].starts_with("--config=")) {
      return args[i].substr(9);
    }
  }
  return std::nullopt;
}

bool GivenOnCommandLine(const std::vector<std::string>& args, const std::string& flag) {
  return std::any_of(args.begin(), args.end(), [&](const std::string& arg) {
    return arg == flag || arg.starts_with(flag + "=");
  });
}

// A scalar as it stands, a list as "[1,2]" or "[[1,2]]".
std::string TextOf(const YAML::Node& node) {
  if (!node.IsSequence()) {
    return node.IsScalar() ? node.as<std::string>() : "";
  }
  std::string text;
  for (const auto& item : node) {
    text += (text.empty() ? "" : ",") + TextOf(item);
  }
  return "[" + text + "]";
}

void TakeRknn(const RknnOption& rknn, std::vector<std::string>& args,
              std::vector<std::string>& notes) {
  bool taken = rknn.options.empty();
  for (const auto& [name, value] : rknn.options) {
    if (!GivenOnCommandLine(args, "--" + name)) {
      args.push_back(StrCat("--", name, "=", value));
      taken = true;
    }
  }
  if (taken && !rknn.note.empty()) {
    notes.push_back(rknn.note);
  }
}

}  // namespace

Status ApplyConfigFile(CLI::App& app, std::vector<std::string>& args,
                       std::vector<std::string>& notes) {
  const std::optional<std::string> path = ConfigPath(args);
  if (!path || args.empty()) {
    return {};
  }
  const std::vector<CLI::App*> found =
      app.get_subcommands([&](CLI::App* sub) { return sub->get_name() == args[0]; });
  if (found.empty()) {
    return {};  // the parser reports the unknown verb
  }
  const CLI::App* verb = found[0];
  YAML::Node file;
  try {
    file = YAML::LoadFile(*path);
  } catch (const YAML::BadFile&) {
    return UsageError("--config ", *path, ": cannot be read");
  } catch (const YAML::Exception& error) {
    return UsageError("--config ", *path, ": not valid YAML: ", error.what());
  }
  if (!file.IsMap()) {
    return UsageError("--config ", *path, ": expected a list of 'option: value' lines");
  }
  try {
    for (const auto& entry : file) {
      const auto key = entry.first.as<std::string>();
      const std::string flag = "--" + key;
      if (verb->get_name() == "convert") {
        const auto rknn = FromRknn(key, TextOf(entry.second));
        if (!rknn.ok()) {
          return rknn.status().WithContext(
              StrCat("--config ", *path, ", line ", entry.first.Mark().line + 1));
        }
        if (*rknn) {
          TakeRknn(**rknn, args, notes);
          continue;
        }
      }
      const auto option = OptionByName(*verb, key);
      if (!option.ok()) {
        return option.status().WithContext(
            StrCat("--config ", *path, ", line ", entry.first.Mark().line + 1));
      }
      if (GivenOnCommandLine(args, flag)) {
        continue;
      }
      std::vector<std::string> values;
      if (IsFlag(**option)) {
        values.emplace_back(entry.second.as<bool>() ? "true" : "false");
      } else if (entry.second.IsSequence()) {
        values = entry.second.as<std::vector<std::string>>();
      } else {
        values.push_back(entry.second.as<std::string>());
      }
      AppendWords(**option, key, values, args);
    }
  } catch (const YAML::Exception& error) {
    return UsageError("--config ", *path, ": ", error.what());
  }
  return {};
}

}  // namespace plumb::cli
