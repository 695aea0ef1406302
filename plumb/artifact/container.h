// The container: header, table of sections, sections. Normative description: format.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "plumb/base/sha256.h"
#include "plumb/base/status.h"

namespace plumb::artifact {

// Stored: never renumber.
enum class SectionId : uint32_t {
  kProgram = 1,
  kWeights = 2,
  kIoContract = 3,
  kDecodeContract = 4,
  kProvenance = 5,
  kQuality = 6,
  kGolden = 7,
  kBatch = 8,
};

// Sections of variant v, from 1: v times this more than the section of the same kind above.
inline constexpr uint32_t kVariantStride = 16;
inline constexpr uint32_t kMaxVariants =
    14;  // beside the first, so that all find room in the table

// Of variant `variant`; 0: the artifact's own.
[[nodiscard]] constexpr SectionId OfVariant(SectionId id, uint32_t variant) {
  return static_cast<SectionId>(static_cast<uint32_t>(id) + variant * kVariantStride);
}

[[nodiscard]] std::string SectionName(uint32_t id);  // "weights", "program of variant 2"; "unknown"

// Set: a reader that does not know the section must refuse the file.
inline constexpr uint32_t kSectionRequired = 1;

inline constexpr size_t kSectionAlignment = 64;
inline constexpr size_t kHeaderSize = 64;
inline constexpr size_t kTableEntrySize = 64;
inline constexpr uint32_t kMaxSections = 64;

[[nodiscard]] constexpr uint64_t AlignUp(uint64_t offset) {
  return (offset + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
}

struct Section {
  uint32_t id = 0;
  uint32_t flags = 0;
  uint64_t offset = 0;  // in the file, a multiple of 64
  uint64_t size = 0;
  Digest sha256 = {};
};

struct Container {
  uint32_t format_version = 0;
  uint32_t numerics_version = 0;
  uint64_t file_size = 0;
  std::vector<Section> sections;  // ascending by id and by offset

  [[nodiscard]] const Section* Find(SectionId id) const;
};

// The first bytes of the file: header and table. `container` has everything but file_size and
// offsets filled in; these are set here: sections follow each other, each at the next multiple
// of 64.
[[nodiscard]] std::vector<std::byte> LayOut(Container& container);

[[nodiscard]] bool HasMagic(std::span<const std::byte> file);

// Checks header and table of a whole file. Invalid-model errors for damage, incompatible for
// versions and required sections that this release does not know.
[[nodiscard]] Result<Container> ParseContainer(std::span<const std::byte> file);
// Reads every byte: sections against their hashes, padding against zero.
Status VerifyContents(const Container& container, std::span<const std::byte> file);

}  // namespace plumb::artifact
