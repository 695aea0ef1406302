#include "plumb/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace plumb::internal {

CheckFailure::CheckFailure(const char* file, int line, const char* condition) {
  stream_ << "plumb: internal error at " << file << ":" << line << ": " << condition
          << " does not hold. ";
}

CheckFailure::~CheckFailure() {
  std::fprintf(stderr, "%s\nThis is a bug in Plumb; please report it.\n", stream_.str().c_str());
  std::abort();
}

}  // namespace plumb::internal
