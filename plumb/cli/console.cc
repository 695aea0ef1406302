#include "plumb/cli/console.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "plumb/base/cpu_count.h"

namespace plumb::cli {
namespace {

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Line(std::FILE* to, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), to);
  if (text.empty() || text.back() != '\n') {
    std::fputc('\n', to);
  }
}

}  // namespace

bool IsTerminal() { return isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr; }

void Console::Say(Message kind, std::string_view text) const {
  if (listener) {
    listener(kind, text);
  } else if (kind == Message::kResult) {
    Line(stdout, text);
  } else {
    Line(stderr, kind == Message::kWarning ? StrCat("warning: ", text) : std::string(text));
  }
}

void Console::Note(std::string_view text) const {
  if (verbosity != Verbosity::kQuiet) {
    Say(Message::kNote, text);
  }
}

void Console::Detail(std::string_view text) const {
  if (verbosity == Verbosity::kVerbose) {
    Say(Message::kNote, text);
  }
}

void Console::Warn(std::string_view text) const { Say(Message::kWarning, text); }

void Console::Print(std::string_view text) const { Say(Message::kResult, text); }

std::string Console::JsonText(const nlohmann::ordered_json& object) {
  nlohmann::ordered_json json = {{"schema_version", kJsonSchemaVersion}};
  json.update(object);
  return json.dump(2);
}

Progress Console::ProgressBar() {
  if (progress) {
    return progress;
  }
  if (verbosity == Verbosity::kQuiet) {
    return nullptr;
  }
  return [this](std::string_view stage, size_t done, size_t total) {
    if (done == 0) {
      return;  // nothing to show yet
    }
    const double now = Now();
    if (stage != bar_stage_) {
      bar_stage_ = stage;
      bar_start_ = now;
      bar_tenth_ = -1;
    }
    const double share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
    const double left = share > 0 ? (now - bar_start_) * (1 - share) / share : 0;
    if (IsTerminal()) {
      std::string bar(static_cast<size_t>(share * 30), '=');
      bar.resize(30, ' ');
      std::fprintf(stderr, "\r%-22.*s [%s] %zu/%zu  %.0f s left ", static_cast<int>(stage.size()),
                   stage.data(), bar.c_str(), done, total, left);
      if (done == total) {
        std::fprintf(stderr, "\r%-22.*s [%s] %zu/%zu  %.1f s      \n",
                     static_cast<int>(stage.size()), stage.data(), bar.c_str(), done, total,
                     now - bar_start_);
      }
      std::fflush(stderr);
    } else if (const int tenth = static_cast<int>(share * 10);
               tenth != bar_tenth_ && (total >= 10 || done == total)) {
      bar_tenth_ = tenth;
      std::fprintf(stderr, "%.*s: %zu of %zu (%.0f s left)\n", static_cast<int>(stage.size()),
                   stage.data(), done, total, left);
    }
  };
}

int Console::Threads() const {
  if (threads > 0) {
    return threads;
  }
  return AvailableCpus();
}

}  // namespace plumb::cli
