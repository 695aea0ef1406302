// Writes artifacts: the same artifact gives the same bytes, on any host.
#pragma once

#include <string>
#include <vector>

#include "plumb/artifact/artifact.h"
#include "plumb/artifact/container.h"
#include "plumb/base/atomic_file.h"
#include "plumb/base/status.h"

namespace plumb::artifact {

// Refuses (invalid model) what the reader would refuse. Constants that share their memory are
// stored once.
[[nodiscard]] Result<std::vector<std::byte>> SerializeArtifact(const Artifact& artifact);

// To a temporary name beside `path`, synced, renamed: on any error the old file is as it was. A
// full disk is a resource error, an unwritable path an environment error; both name the path.
Status WriteArtifact(const Artifact& artifact, const std::string& path);

// The same into a file that the caller commits, with what a lock states of it.
struct WrittenArtifact {
  Container container;
  Digest sha256;  // of the whole file
};
Result<WrittenArtifact> WriteArtifact(const Artifact& artifact, AtomicFile& file);

}  // namespace plumb::artifact
