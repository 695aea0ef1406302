#include "plumb/artifact/container.h"

#include <algorithm>
#include <cstring>

#include "plumb/artifact/artifact.h"

namespace plumb::artifact {
namespace {

// Ends in bytes that a text-mode transfer would change.
constexpr std::string_view kMagic("PLUMB\r\n\x1a", 8);
constexpr size_t kDigestOffset = 32;  // of the header's own hash, over bytes 0..31 and the table

template <typename T>
T Load(std::span<const std::byte> bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

template <typename T>
void Store(std::vector<std::byte>& bytes, size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(T));
}

Digest HeaderDigest(std::span<const std::byte> header_and_table) {
  Sha256 hash;
  hash.Update(header_and_table.first(kDigestOffset));
  hash.Update(header_and_table.subspan(kHeaderSize));
  return hash.Finish();
}

std::string Describe(const Section& section) {
  return StrCat("section ", section.id, " (", SectionName(section.id), ")");
}

Status CheckVersions(uint32_t format, uint32_t numerics) {
  if (format != kFormatVersion) {
    return Incompatible(
        "the artifact has format version ", format, ", this release of Plumb reads version ",
        kFormatVersion,
        "; install the release that made it, or convert the model again with this one");
  }
  if (numerics == 0) {
    return Incompatible(
        "the artifact was made before the arithmetic was frozen (numerics version 0);",
        " this release of Plumb computes version ", kNumericsVersion,
        "; convert the model again with it");
  }
  if (numerics != kNumericsVersion) {
    return Incompatible(
        "the artifact asks for numerics version ", numerics,
        ", this release of Plumb computes version ", kNumericsVersion,
        "; install the release that made it, or convert the model again with this one");
  }
  return {};
}

Status CheckTable(const Container& container, uint64_t first) {
  uint64_t end = first;
  uint32_t last_id = 0;
  for (const Section& section : container.sections) {
    if (section.id <= last_id) {
      return InvalidModel("damaged artifact: ", Describe(section), " is out of order");
    }
    last_id = section.id;
    if (section.offset != AlignUp(end) || section.offset > container.file_size ||
        section.size > container.file_size - section.offset) {
      return InvalidModel("damaged artifact: ", Describe(section), " at ", section.offset, " with ",
                          section.size, " bytes does not fit a file of ", container.file_size);
    }
    end = section.offset + section.size;
    if ((section.flags & ~kSectionRequired) != 0) {
      return InvalidModel("damaged artifact: ", Describe(section), " has unknown flags");
    }
    if ((section.flags & kSectionRequired) != 0 && SectionName(section.id) == "unknown") {
      return Incompatible("the artifact needs section ", section.id,
                          ", which this release of Plumb does not know; install the release that "
                          "made it, or newer");
    }
  }
  return end == container.file_size ? Status()
                                    : InvalidModel("damaged artifact: ", container.file_size - end,
                                                   " bytes after the last section");
}

bool IsZero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

std::string SectionName(uint32_t id) {
  constexpr std::string_view kNames[] = {"unknown",      "program",         "weights",
                                         "I/O contract", "decode contract", "provenance",
                                         "quality",      "golden vectors",  "batch"};
  if (id < std::size(kNames)) {
    return std::string(kNames[id]);
  }
  const uint32_t variant = id / kVariantStride;
  for (const SectionId kind : {SectionId::kProgram, SectionId::kIoContract,
                               SectionId::kDecodeContract, SectionId::kGolden}) {
    if (variant <= kMaxVariants && static_cast<uint32_t>(OfVariant(kind, variant)) == id) {
      return StrCat(kNames[static_cast<uint32_t>(kind)], " of variant ", variant);
    }
  }
  return std::string(kNames[0]);
}

const Section* Container::Find(SectionId id) const {
  for (const Section& section : sections) {
    if (section.id == static_cast<uint32_t>(id)) {
      return &section;
    }
  }
  return nullptr;
}

std::vector<std::byte> LayOut(Container& container) {
  const size_t front = kHeaderSize + container.sections.size() * kTableEntrySize;
  uint64_t end = front;
  for (Section& section : container.sections) {
    section.offset = AlignUp(end);
    end = section.offset + section.size;
  }
  container.file_size = end;
  std::vector<std::byte> bytes(front);
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  Store(bytes, 8, container.format_version);
  Store(bytes, 12, container.numerics_version);
  Store(bytes, 16, container.file_size);
  Store(bytes, 24, static_cast<uint32_t>(container.sections.size()));
  for (size_t i = 0; i < container.sections.size(); ++i) {
    const Section& section = container.sections[i];
    const size_t at = kHeaderSize + i * kTableEntrySize;
    Store(bytes, at, section.id);
    Store(bytes, at + 4, section.flags);
    Store(bytes, at + 8, section.offset);
    Store(bytes, at + 16, section.size);
    Store(bytes, at + 32, section.sha256);
  }
  Store(bytes, kDigestOffset, HeaderDigest(bytes));
  return bytes;
}

bool HasMagic(std::span<const std::byte> file) {
  return file.size() >= kMagic.size() &&
         std::memcmp(file.data(), kMagic.data(), kMagic.size()) == 0;
}

Result<Container> ParseContainer(std::span<const std::byte> file) {
  if (!HasMagic(file)) {
    return file.empty() ? InvalidModel("the file is empty")
                        : InvalidModel("not a Plumb artifact: wrong first bytes");
  }
  if (file.size() < kHeaderSize) {
    return InvalidModel("truncated artifact: ", file.size(), " bytes, its header alone has ",
                        kHeaderSize);
  }
  Container container;
  container.format_version = Load<uint32_t>(file, 8);
  container.numerics_version = Load<uint32_t>(file, 12);
  container.file_size = Load<uint64_t>(file, 16);
  const auto count = Load<uint32_t>(file, 24);
  PLUMB_RETURN_IF_ERROR(CheckVersions(container.format_version, container.numerics_version));
  if (container.file_size != file.size()) {
    return InvalidModel(container.file_size > file.size() ? "truncated" : "damaged",
                        " artifact: its header says ", container.file_size, " bytes, the file has ",
                        file.size(), "; copy or download it again");
  }
  const size_t front = kHeaderSize + size_t{count} * kTableEntrySize;
  if (count > kMaxSections || front > file.size()) {
    return InvalidModel("damaged artifact: a table of ", count, " sections in ", file.size(),
                        " bytes");
  }
  if (HeaderDigest(file.first(front)) != Load<Digest>(file, kDigestOffset)) {
    return InvalidModel(
        "damaged artifact: header and table of sections do not have the SHA-256 that they state");
  }
  if (Load<uint32_t>(file, 28) != 0) {
    return InvalidModel("damaged artifact: a reserved field of the header is not zero");
  }
  for (size_t at = kHeaderSize; at < front; at += kTableEntrySize) {
    container.sections.push_back({Load<uint32_t>(file, at), Load<uint32_t>(file, at + 4),
                                  Load<uint64_t>(file, at + 8), Load<uint64_t>(file, at + 16),
                                  Load<Digest>(file, at + 32)});
    if (Load<uint64_t>(file, at + 24) != 0) {
      return InvalidModel("damaged artifact: a reserved field of ",
                          Describe(container.sections.back()), " is not zero");
    }
  }
  PLUMB_RETURN_IF_ERROR(CheckTable(container, front));
  return container;
}

Status VerifyContents(const Container& container, std::span<const std::byte> file) {
  uint64_t end = kHeaderSize + container.sections.size() * kTableEntrySize;
  for (const Section& section : container.sections) {
    if (!IsZero(file.subspan(end, section.offset - end))) {
      return InvalidModel("damaged artifact: bytes other than zero before ", Describe(section));
    }
    end = section.offset + section.size;
    if (Sha256::Of(file.subspan(section.offset, section.size)) != section.sha256) {
      return InvalidModel("damaged artifact: ", Describe(section),
                          " does not have the SHA-256 that the table states");
    }
  }
  return {};
}

}  // namespace plumb::artifact
