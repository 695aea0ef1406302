// Writes artifacts: the same artifact gives the same bytes, on any host.
#pragma once

#include <string>
#include <vector>

#include "plumb/artifact/artifact.h"
#include "plumb/base/status.h"

namespace plumb::artifact {

// Refuses (invalid model) what the reader would refuse. Constants that share their memory are
// stored once.
[[nodiscard]] Result<std::vector<std::byte>> SerializeArtifact(const Artifact& artifact);

// To a temporary name beside `path`, synced, renamed: on any error the old file is as it was. A
// full disk is a resource error, an unwritable path an environment error; both name the path.
Status WriteArtifact(const Artifact& artifact, const std::string& path);

}  // namespace plumb::artifact
