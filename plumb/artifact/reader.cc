#include "plumb/artifact/reader.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include "plumb/artifact/pack.h"
#include "plumb/artifact/validator.h"
#include "plumb/base/mapped_file.h"

namespace plumb::artifact {
namespace {

using ByteSpan = std::span<const std::byte>;

Result<ByteSpan> SectionOf(const Container& container, ByteSpan file, SectionId id) {
  const Section* section = container.Find(id);
  if (section == nullptr) {
    return InvalidModel("damaged artifact: it has no ", SectionName(static_cast<uint32_t>(id)));
  }
  return file.subspan(section->offset, section->size);
}

// Blobs lie in order, apart or the same one again, each at the next multiple of 64, with zeros
// between.
Status CheckBlobs(std::vector<BlobPlace> blobs, ByteSpan weights) {
  std::sort(blobs.begin(), blobs.end(), [](const BlobPlace& a, const BlobPlace& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.size < b.size;
  });
  BlobPlace last;
  for (const BlobPlace& blob : blobs) {
    if (blob.offset % kSectionAlignment != 0 || blob.offset > weights.size() ||
        blob.size > weights.size() - blob.offset) {
      if (blob.size == 0 && blob.offset == AlignUp(weights.size())) {
        continue;  // an empty one after everything
      }
      return InvalidModel("damaged artifact: a constant of ", blob.size, " bytes at ", blob.offset,
                          " of the ", weights.size(), " bytes of weights");
    }
    if (blob.size == 0 || (blob.offset == last.offset && blob.size == last.size)) {
      continue;
    }
    const uint64_t end = last.offset + last.size;
    if (blob.offset != AlignUp(end)) {
      return InvalidModel("damaged artifact: the constant at ", blob.offset,
                          " of the weights overlaps another, or ", "does not follow it");
    }
    const ByteSpan padding = weights.subspan(end, blob.offset - end);
    if (!std::all_of(padding.begin(), padding.end(),
                     [](std::byte b) { return b == std::byte{0}; })) {
      return InvalidModel("damaged artifact: bytes other than zero before the constant at ",
                          blob.offset);
    }
    last = blob;
  }
  return last.offset + last.size == weights.size()
             ? Status()
             : InvalidModel("damaged artifact: weights that no constant uses");
}

template <typename T>
Status ReadOptional(const Container& container, ByteSpan file, SectionId id,
                    Result<T> (*unpack)(ByteSpan), T& into) {
  if (const Section* section = container.Find(id); section != nullptr) {
    PLUMB_ASSIGN_OR_RETURN(into, unpack(file.subspan(section->offset, section->size)));
  }
  return {};
}

Result<int32_t> UnpackBatch(ByteSpan section) {
  uint32_t batch = 0;
  for (size_t i = 0; i < section.size() && i < sizeof(batch); ++i) {
    batch |= static_cast<uint32_t>(section[i]) << (8 * i);
  }
  if (section.size() != sizeof(batch) || batch < 2 || batch > static_cast<uint32_t>(kMaxBatch)) {
    return InvalidModel("damaged artifact: a batch of ", batch, " in ", section.size(), " bytes");
  }
  return static_cast<int32_t>(batch);
}

// What a variant has of its own, the data of its constants apart. `blobs` is added to.
Result<std::shared_ptr<Artifact>> ReadVariant(const Container& container, ByteSpan file,
                                              uint32_t variant, std::vector<BlobPlace>& blobs) {
  PLUMB_ASSIGN_OR_RETURN(const ByteSpan section,
                         SectionOf(container, file, OfVariant(SectionId::kProgram, variant)));
  PLUMB_ASSIGN_OR_RETURN(UnpackedProgram unpacked, UnpackProgram(section));
  auto artifact = std::make_shared<Artifact>();
  artifact->program = std::move(unpacked.program);
  artifact->program.constants.resize(unpacked.blobs.size());
  blobs.insert(blobs.end(), unpacked.blobs.begin(), unpacked.blobs.end());
  PLUMB_RETURN_IF_ERROR(ReadOptional(container, file, OfVariant(SectionId::kIoContract, variant),
                                     UnpackIoContract, artifact->io));
  PLUMB_RETURN_IF_ERROR(ReadOptional(container, file,
                                     OfVariant(SectionId::kDecodeContract, variant),
                                     UnpackDecodeContract, artifact->decode));
  PLUMB_RETURN_IF_ERROR(ReadOptional(container, file, OfVariant(SectionId::kGolden, variant),
                                     UnpackGolden, artifact->golden));
  PLUMB_RETURN_IF_ERROR(
      ReadOptional(container, file, SectionId::kBatch, UnpackBatch, artifact->program.batch));
  return artifact;
}

// How many there are beside the first; every section of a variant belongs to one of them.
Result<uint32_t> CountVariants(const Container& container) {
  uint32_t count = 0;
  while (container.Find(OfVariant(SectionId::kProgram, count + 1)) != nullptr) {
    ++count;
  }
  for (const Section& section : container.sections) {
    if (section.id / kVariantStride > count && SectionName(section.id) != "unknown") {
      return InvalidModel("damaged artifact: it has a section ", section.id, " (",
                          SectionName(section.id), "), and ", count, " variants");
    }
  }
  return count;
}

Result<std::shared_ptr<Artifact>> Read(ByteSpan file, const std::shared_ptr<const void>& owner,
                                       bool mapped) {
  PLUMB_ASSIGN_OR_RETURN(const Container container, ParseContainer(file));
  PLUMB_RETURN_IF_ERROR(VerifyContents(container, file));
  PLUMB_ASSIGN_OR_RETURN(const ByteSpan weights, SectionOf(container, file, SectionId::kWeights));
  PLUMB_ASSIGN_OR_RETURN(const uint32_t count, CountVariants(container));
  std::vector<std::shared_ptr<Artifact>> all;
  std::vector<BlobPlace> blobs;  // of one after the other
  for (uint32_t i = 0; i <= count; ++i) {
    PLUMB_ASSIGN_OR_RETURN(all.emplace_back(), ReadVariant(container, file, i, blobs));
  }
  PLUMB_RETURN_IF_ERROR(CheckBlobs(blobs, weights));
  auto blob = blobs.begin();
  for (const std::shared_ptr<Artifact>& variant : all) {
    for (Constant& constant : variant->program.constants) {
      // CheckBlobs: within the file.
      constant = {blob->size > 0 ? weights.data() + blob->offset : nullptr,
                  static_cast<size_t>(blob->size), owner};
      ++blob;
    }
    variant->program.mapped = mapped ? file : ByteSpan();
  }
  const std::shared_ptr<Artifact>& artifact = all.front();
  artifact->variants.assign(all.begin() + 1, all.end());
  PLUMB_RETURN_IF_ERROR(ReadOptional(container, file, SectionId::kProvenance, UnpackProvenance,
                                     artifact->provenance));
  PLUMB_RETURN_IF_ERROR(
      ReadOptional(container, file, SectionId::kQuality, UnpackQuality, artifact->quality));
  PLUMB_RETURN_IF_ERROR(ValidateArtifact(*artifact).WithContext("damaged artifact"));
  return artifact;
}

Result<std::shared_ptr<const Artifact>> ReadFile(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::Open(path));
  Result<std::shared_ptr<Artifact>> artifact = Read(file->bytes(), file, true);
  if (!artifact.ok()) {
    return artifact.status().WithContext(StrCat("'", path, "'"));
  }
  return std::shared_ptr<const Artifact>(std::move(artifact).value());
}

}  // namespace

Result<std::shared_ptr<const Artifact>> ReadArtifact(std::span<const std::byte> bytes,
                                                     std::shared_ptr<const void> owner) {
  try {
    if (owner == nullptr || reinterpret_cast<uintptr_t>(bytes.data()) % kSectionAlignment != 0) {
      auto copy = std::make_shared<Tensor>(DType::kU8, Shape{static_cast<int64_t>(bytes.size())});
      if (!bytes.empty()) {
        std::memcpy(copy->raw(), bytes.data(), bytes.size());
      }
      bytes = {static_cast<const std::byte*>(copy->raw()), bytes.size()};
      owner = std::move(copy);
    }
    PLUMB_ASSIGN_OR_RETURN(std::shared_ptr<Artifact> artifact, Read(bytes, owner, false));
    return std::shared_ptr<const Artifact>(std::move(artifact));
  } catch (const std::bad_alloc&) {
    return ResourceError("no memory to read the artifact");
  }
}

Result<std::shared_ptr<const Artifact>> ReadArtifact(const std::string& path) {
  try {
    return ReadFile(path);
  } catch (const std::bad_alloc&) {
    return ResourceError("'", path, "': no memory to read the artifact");
  }
}

Result<Container> ReadContainer(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::Open(path));
  auto container = ParseContainer(file->bytes());
  return container.ok() ? std::move(container)
                        : container.status().WithContext(StrCat("'", path, "'"));
}

bool LooksLikeArtifact(const std::string& path) {
  const auto file = MappedFile::Open(path);
  return file.ok() && HasMagic((*file)->bytes());
}

}  // namespace plumb::artifact
