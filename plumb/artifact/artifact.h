// Everything that an artifact holds. format.md states how it is stored.
#pragma once

#include <memory>

#include "plumb/artifact/decode_contract.h"
#include "plumb/artifact/golden.h"
#include "plumb/artifact/io_contract.h"
#include "plumb/artifact/program.h"
#include "plumb/artifact/provenance.h"
#include "plumb/artifact/quality.h"

namespace plumb::artifact {

inline constexpr uint32_t kFormatVersion = 0;  // of the container and its sections; 0 until frozen
inline constexpr uint32_t kNumericsVersion = 1;  // of docs/arithmetic.md; 0 was never frozen

// The same network for other shapes of its inputs is an artifact in `variants`, in which constants
// point to the same memory wherever their contents are the same; it has no provenance, quality
// record or variants of its own. variants.h chooses.
struct Artifact {
  Program program;
  IoContract io;
  DecodeContract decode;
  Provenance provenance;
  Quality quality;
  Golden golden;
  std::vector<std::shared_ptr<const Artifact>> variants;
};

// The program of a shared artifact, kept alive with it: what a Session takes.
[[nodiscard]] inline std::shared_ptr<const Program> ProgramOf(
    std::shared_ptr<const Artifact> artifact) {
  const Program* program = &artifact->program;
  return {std::move(artifact), program};
}

}  // namespace plumb::artifact
