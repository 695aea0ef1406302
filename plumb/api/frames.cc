#include "plumb/api/frames.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "plumb/api/stopwatch.h"

namespace plumb {
namespace {

constexpr size_t kWaiting = 2;

// A queue between two stages. Close() from either side ends it: what waits is still taken.
template <typename T>
class Channel {
 public:
  // False: closed, nobody will take it.
  bool Put(T value) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || values_.size() < kWaiting; });
    if (closed_) {
      return false;
    }
    values_.push_back(std::move(value));
    changed_.notify_all();
    return true;
  }
  std::optional<T> Take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !values_.empty(); });
    if (values_.empty()) {
      return std::nullopt;
    }
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    changed_.notify_all();
    return value;
  }
  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> values_;
  bool closed_ = false;
};

struct FittedFrame {
  Frame frame;
  vision::Fitted fitted;
};

// A stage's thread, with how it ended.
class Stage {
 public:
  template <typename Work>
  explicit Stage(Work work) : thread_([this, work] { status_ = work(); }) {}
  Status Join() {
    thread_.join();
    return status_;
  }

 private:
  Status status_;
  std::thread thread_;
};

}  // namespace

Result<FramesSummary> DetectFrames(PictureModel& detector, FrameSource& source,
                                   const vision::BoxOptions& options,
                                   const std::function<Status(const FrameResult&)>& report) {
  Channel<FittedFrame> fitted;
  Channel<FrameResult> found;
  Stopwatch total;
  double fit_ms = 0;
  Stage reader([&]() -> Status {
    const auto read = [&]() -> Status {
      while (true) {
        PLUMB_ASSIGN_OR_RETURN(std::optional<Frame> frame, source.Next());
        if (!frame.has_value()) {
          return {};
        }
        Stopwatch watch;
        PLUMB_ASSIGN_OR_RETURN(vision::Fitted ready, detector.Fit(frame->picture));
        fit_ms += watch.Lap();
        if (!fitted.Put({std::move(*frame), std::move(ready)})) {
          return {};
        }
      }
    };
    const Status status = read();
    fitted.Close();
    return status;
  });
  Stage reporter([&]() -> Status {
    while (std::optional<FrameResult> result = found.Take()) {
      if (Status status = report(*result); !status.ok()) {
        found.Close();
        return status;
      }
    }
    return {};
  });
  Status status;
  for (int64_t index = 0; status.ok(); ++index) {
    std::optional<FittedFrame> next = fitted.Take();
    if (!next.has_value()) {
      break;
    }
    auto boxes = detector.Detect(next->fitted, options);
    if (!boxes.ok()) {
      status = boxes.status();
    } else if (!found.Put({index, std::move(next->frame), std::move(*boxes)})) {
      break;
    }
  }
  fitted.Close();
  found.Close();
  const Status read = reader.Join();
  const Status reported = reporter.Join();
  PLUMB_RETURN_IF_ERROR(reported);
  PLUMB_RETURN_IF_ERROR(status);
  PLUMB_RETURN_IF_ERROR(read);
  FramesSummary summary{detector.times(), total.Lap() / 1000};
  summary.times.fit = fit_ms;
  return summary;
}

}  // namespace plumb
