#include "plumb/cli/option_words.h"

namespace plumb::cli {

Result<const CLI::Option*> OptionByName(const CLI::App& verb, const std::string& name) {
  const CLI::Option* option = verb.get_option_no_throw("--" + name);
  if (option != nullptr && name != "config" && name != "help") {
    return option;
  }
  std::string known;
  for (const CLI::Option* one : verb.get_options()) {
    for (const std::string& key : one->get_lnames()) {
      if (key != "help" && key != "config") {
        known += (known.empty() ? "" : ", ") + key;
      }
    }
  }
  return UsageError("'", name, "' is not an option of '", verb.get_name(), "'; it has: ", known);
}

bool IsFlag(const CLI::Option& option) { return option.get_expected_max() == 0; }

void AppendWords(const CLI::Option& option, const std::string& name,
                 std::span<const std::string> values, std::vector<std::string>& words) {
  const std::string flag = "--" + name;
  if (IsFlag(option)) {
    if (values.size() == 1 && values[0] == "true") {
      words.push_back(flag);
    }
    return;
  }
  if (option.get_expected_max() > 1) {
    for (const std::string& value : values) {
      words.push_back(flag + "=" + value);
    }
    return;
  }
  std::string joined;
  for (const std::string& value : values) {
    joined += (joined.empty() ? "" : ",") + value;
  }
  words.push_back(flag + "=" + joined);
}

}  // namespace plumb::cli
