// What the program says: results on standard output, everything else on standard error.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "plumb/api/progress.h"
#include "plumb/base/status.h"

namespace plumb::cli {

inline constexpr int kJsonSchemaVersion = 1;  // of what --json prints: docs/schema

enum class Verbosity { kQuiet, kNormal, kVerbose };
enum class Message { kResult, kNote, kWarning };

class Console {
 public:
  Verbosity verbosity = Verbosity::kNormal;
  bool json = false;    // results as one JSON object on standard output
  bool strict = false;  // a pass with warnings is exit code 8
  int threads = 0;      // 0: as many as this process may use
  std::string command;  // as typed
  int exit_code = 0;    // of a verb that succeeded: 0, or 8 for warnings under --strict
  // Where set, messages and progress go there and nothing is printed.
  std::function<void(Message, std::string_view)> listener;
  Progress progress;

  void Note(std::string_view text) const;    // unless quiet
  void Detail(std::string_view text) const;  // only when verbose
  void Warn(std::string_view text) const;    // always
  void Print(std::string_view text) const;   // a result, to standard output
  // The result of --json: one object, schema_version in front.
  [[nodiscard]] static std::string JsonText(const nlohmann::ordered_json& object);
  void PrintJson(const nlohmann::ordered_json& object) const { Print(JsonText(object)); }
  // `progress` where set; else a bar with the time left on a terminal, elsewhere a line every tenth. Finished by a call with
  // done == total.
  [[nodiscard]] Progress ProgressBar();
  [[nodiscard]] int Threads() const;

 private:
  void Say(Message kind, std::string_view text) const;

  std::string bar_stage_;
  double bar_start_ = 0;
  int bar_tenth_ = -1;
};

// True when colour and bars are welcome: standard error is a terminal and NO_COLOR is not set.
[[nodiscard]] bool IsTerminal();

}  // namespace plumb::cli
