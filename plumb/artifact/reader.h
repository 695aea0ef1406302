// Reads artifacts, as hostile input: whatever the bytes, the answer is an artifact that can be used
// without another look or an error. Damage is an invalid-model error; another format or numerics
// version, or a section that this release must know and does not, an incompatible error that says
// what to install.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "plumb/artifact/artifact.h"
#include "plumb/artifact/container.h"
#include "plumb/base/status.h"

namespace plumb::artifact {

// Maps the file; the constants of the program point into it and keep the mapping alive. Nobody may
// shorten the file while it is in use (writers of Plumb replace files, they do not change them).
[[nodiscard]] Result<std::shared_ptr<const Artifact>> ReadArtifact(const std::string& path);

// From memory that `owner` keeps alive; copied first when it is not aligned to 64 bytes or when
// there is no owner.
[[nodiscard]] Result<std::shared_ptr<const Artifact>> ReadArtifact(
    std::span<const std::byte> bytes, std::shared_ptr<const void> owner = nullptr);

// Header and table alone, for `inspect`; contents are not looked at.
[[nodiscard]] Result<Container> ReadContainer(const std::string& path);

// True when the file begins like an artifact, damaged or not. False when it cannot be read.
[[nodiscard]] bool LooksLikeArtifact(const std::string& path);

}  // namespace plumb::artifact
