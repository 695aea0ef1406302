// Which tensor lies where in the arena, and how long.
#pragma once

#include <memory>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/report/document.h"

namespace plumb {

// As a session with this many threads plans it on this machine.
[[nodiscard]] Result<report::MemoryMap> MemoryMapOf(
    std::shared_ptr<const artifact::Program> program, int threads);

}  // namespace plumb
