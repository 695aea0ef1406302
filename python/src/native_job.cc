#include "native_job.h"

#include <nanobind/nanobind.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace nb = nanobind;

namespace plumb::python {
namespace {

constexpr auto kBetweenLooks = std::chrono::milliseconds(50);
constexpr auto kPatience = std::chrono::milliseconds(700);

struct GivenUp {};  // ends the work

std::atomic<int> left_behind = 0;

// Work that is left behind still uses what the destructors of static objects take away: the process ends without them.
void EndAtOnce(int status, void*) {
  if (left_behind > 0) {
    std::fflush(nullptr);
    ::_exit(status);
  }
}

}  // namespace

void Job::Tell(Told told) {
  std::unique_lock lock(mutex_);
  if (!given_up_) {
    told_ = std::move(told);
    changed_.notify_all();
    changed_.wait(lock, [&] { return !told_ || given_up_; });
  }
  if (given_up_) {
    throw GivenUp();
  }
}

void Job::GiveUp() {
  std::unique_lock lock(mutex_);
  given_up_ = true;
  changed_.notify_all();
  if (!changed_.wait_for(lock, kPatience, [&] { return finished_; })) {
    left_behind_ = true;
    ++left_behind;
    static const int registered = ::on_exit(&EndAtOnce, nullptr);
    (void)registered;
  }
}

void Job::Run(std::function<void(Job&)> work, const std::function<void(const Told&)>& take) {
  const auto job = std::make_shared<Job>();
  const nb::gil_scoped_release released;
  std::thread([job, work = std::move(work)] {
    std::exception_ptr error;
    try {
      work(*job);
    } catch (const GivenUp&) {
    } catch (...) {
      error = std::current_exception();
    }
    const std::scoped_lock lock(job->mutex_);
    job->error_ = error;
    job->finished_ = true;
    left_behind -= job->left_behind_;
    job->changed_.notify_all();
  }).detach();
  for (;;) {
    std::optional<Told> told;
    {
      std::unique_lock lock(job->mutex_);
      job->changed_.wait_for(lock, kBetweenLooks, [&] { return job->told_ || job->finished_; });
      if (job->finished_) {
        break;
      }
      told = job->told_;
    }
    try {
      const nb::gil_scoped_acquire gil;
      if (PyErr_CheckSignals() != 0) {
        throw nb::python_error();
      }
      if (told) {
        take(*told);
      }
    } catch (...) {
      job->GiveUp();
      throw;
    }
    const std::scoped_lock lock(job->mutex_);
    if (told) {
      job->told_.reset();
      job->changed_.notify_all();
    }
  }
  if (job->error_) {
    std::rethrow_exception(job->error_);
  }
}

}  // namespace plumb::python
