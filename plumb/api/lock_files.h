// An artifact and its lock as files.
#pragma once

#include <string>

#include "plumb/api/lock.h"
#include "plumb/artifact/artifact.h"
#include "plumb/base/status.h"
#include "plumb/compile/compile.h"

namespace plumb {

// Writes both, or neither: both are whole on the disk before the first gets its name. `lock_path`
// empty: the artifact alone. Gives the artifact's size.
[[nodiscard]] Result<size_t> WriteArtifactAndLock(const artifact::Artifact& made,
                                                  const std::string& path,
                                                  const compile::NamedStats& ranges,
                                                  const std::string& lock_path);

// How the sections of an artifact in memory differ from those that the lock states: empty, or
// "section weights: 4096 bytes; 4160 in the lock".
[[nodiscard]] Result<std::string> DifferenceFromLock(const artifact::Artifact& made,
                                                     const Lock& lock);

}  // namespace plumb
