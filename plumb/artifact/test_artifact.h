// A small artifact that uses every field, for tests.
#pragma once

#include "plumb/artifact/artifact.h"

namespace plumb::artifact {

[[nodiscard]] Artifact MakeTestArtifact();

}  // namespace plumb::artifact
