// Structs <-> FlatBuffers bytes of the structured sections (schema.fbs).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "plumb/artifact/artifact.h"
#include "plumb/base/status.h"

namespace plumb::artifact {

// Where a constant lies in the weights section.
struct BlobPlace {
  uint64_t offset = 0;  // a multiple of 64
  uint64_t size = 0;
};

using Bytes = std::vector<std::byte>;

[[nodiscard]] Bytes PackProgram(const Program& program, std::span<const BlobPlace> blobs);
[[nodiscard]] Bytes PackIoContract(const IoContract& contract);
[[nodiscard]] Bytes PackDecodeContract(const DecodeContract& contract);
[[nodiscard]] Bytes PackProvenance(const Provenance& provenance);
[[nodiscard]] Bytes PackQuality(const Quality& quality);
[[nodiscard]] Bytes PackGolden(const Golden& golden);

// From any bytes: an invalid-model error where they are no section of that kind. What the values
// mean is checked afterwards (validator.h). A section whose parts are shared, so that it unpacks to
// much more than its size, is refused.
struct UnpackedProgram {
  Program program;  // constants without data
  std::vector<BlobPlace> blobs;
};
[[nodiscard]] Result<UnpackedProgram> UnpackProgram(std::span<const std::byte> section);
[[nodiscard]] Result<IoContract> UnpackIoContract(std::span<const std::byte> section);
[[nodiscard]] Result<DecodeContract> UnpackDecodeContract(std::span<const std::byte> section);
[[nodiscard]] Result<Provenance> UnpackProvenance(std::span<const std::byte> section);
[[nodiscard]] Result<Quality> UnpackQuality(std::span<const std::byte> section);
[[nodiscard]] Result<Golden> UnpackGolden(std::span<const std::byte> section);

}  // namespace plumb::artifact
