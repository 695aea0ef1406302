// PLUMB_CHECK: for what only a bug of ours can break. Never reachable from a file or an argument (those get a Status).
#pragma once

#include <sstream>

namespace plumb::internal {

class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const char* condition);
  [[noreturn]] ~CheckFailure();
  std::ostream& stream() { return stream_; }

 private:
  std::ostringstream stream_;
};

}  // namespace plumb::internal

#define PLUMB_CHECK(condition) \
  if (condition) [[likely]] {  \
  } else                       \
    ::plumb::internal::CheckFailure(__FILE__, __LINE__, #condition).stream()
