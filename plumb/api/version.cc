#include "plumb/api/version.h"

#include "plumb/artifact/artifact.h"
#include "plumb/base/status.h"
#include "plumb/build_info.h"  // generated

namespace plumb {

std::string Release() { return PLUMB_RELEASE; }
std::string Commit() { return PLUMB_COMMIT; }
std::string VersionText() {
  return StrCat("plumb ", Release(), " (", Commit(), "), numerics ", artifact::kNumericsVersion,
                ", format ", artifact::kFormatVersion);
}

}  // namespace plumb
