// Work that Ctrl-C ends without leaving anything half made.
#pragma once

#include <functional>

#include "plumb/api/progress.h"
#include "plumb/base/status.h"

namespace plumb::cli {

// Calls `work` with a progress that passes on to `progress`. After SIGINT, SIGTERM or SIGHUP it throws instead, so that `work` is
// unwound; then the program ends by that signal. A second one ends it at once. Signals that are ignored stay ignored.
Status RunUntilInterrupted(Progress progress,
                           const std::function<Status(const Progress& progress)>& work);

}  // namespace plumb::cli
