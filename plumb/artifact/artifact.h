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

struct Artifact {
  Program program;
  IoContract io;
  DecodeContract decode;
  Provenance provenance;
  Quality quality;
  Golden golden;
};

// The program of a shared artifact, kept alive with it: what a Session takes.
[[nodiscard]] inline std::shared_ptr<const Program> ProgramOf(
    std::shared_ptr<const Artifact> artifact) {
  const Program* program = &artifact->program;
  return {std::move(artifact), program};
}

}  // namespace plumb::artifact
