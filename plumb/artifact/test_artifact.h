// A small artifact that uses every field, for tests.
#pragma once

#include "plumb/artifact/artifact.h"

namespace plumb::artifact {

[[nodiscard]] Artifact MakeTestArtifact();
// The same for two sets of shapes, three samples a run.
[[nodiscard]] Artifact MakeTestArtifactWithVariants();

}  // namespace plumb::artifact
