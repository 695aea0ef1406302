#include "plumb/cli/interruption.h"

#include <array>
#include <csignal>

namespace plumb::cli {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

struct Interrupted {};

volatile std::sig_atomic_t caught = 0;

extern "C" void RememberSignal(int signal) { caught = signal; }

// The signals are remembered as long as it lives.
class Watch {
 public:
  Watch() {
    caught = 0;
    for (size_t i = 0; i < kSignals.size(); ++i) {
      ::sigaction(kSignals[i], nullptr, &before_[i]);
      if (before_[i].sa_handler != SIG_IGN) {
        struct sigaction remember = {};
        remember.sa_handler = &RememberSignal;
        remember.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
        ::sigaction(kSignals[i], &remember, nullptr);
      }
    }
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    for (size_t i = 0; i < kSignals.size(); ++i) {
      ::sigaction(kSignals[i], &before_[i], nullptr);
    }
  }

 private:
  std::array<struct sigaction, kSignals.size()> before_ = {};
};

}  // namespace

// `progress` by value: `work` may write over what it was copied from.
Status RunUntilInterrupted(Progress progress,
                           const std::function<Status(const Progress& progress)>& work) {
  try {
    const Watch watch;
    return work([&](std::string_view stage, size_t done, size_t total) {
      if (caught != 0) {
        throw Interrupted();
      }
      if (progress) {
        progress(stage, done, total);
      }
    });
  } catch (const Interrupted&) {
    std::raise(caught);
    return EnvironmentError("interrupted");
  }
}

}  // namespace plumb::cli
