// Long work in a thread of its own, so that Ctrl-C ends the call at once, however long the work computes between two looks.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace plumb::python {

// What the work tells its caller: a message of a kind, or progress of a stage.
struct Told {
  bool is_progress = false;
  std::string subject;  // kind or stage
  std::string text;
  size_t done = 0, total = 0;
};

class Job {
 public:
  // For the work: hands it over and waits until the caller has taken it. Throws what ends the work once the caller has
  // given up.
  void Tell(Told told);

  // Runs `work` to its end; call it with the interpreter lock held. The caller's thread takes what the work tells, with the
  // lock held, and looks for signals. An exception of `take`, or a signal, ends the work; if it does not reach a Tell soon it
  // is left behind, to end at its next one. `work` holds what it needs by value and touches no Python object.
  static void Run(std::function<void(Job&)> work, const std::function<void(const Told&)>& take);

 private:
  void GiveUp();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Told> told_;
  bool given_up_ = false, finished_ = false, left_behind_ = false;
  std::exception_ptr error_;
};

}  // namespace plumb::python
