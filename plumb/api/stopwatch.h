// Milliseconds since the last look.
#pragma once

#include <chrono>

namespace plumb {

class Stopwatch {
 public:
  // Since construction or the last Lap.
  double Lap() {
    const auto now = Clock::now();
    const double ms = std::chrono::duration<double, std::milli>(now - last_).count();
    last_ = now;
    return ms;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

}  // namespace plumb
