#include "plumb/artifact/writer.h"

#include <array>
#include <functional>
#include <list>
#include <map>

#include "plumb/artifact/container.h"
#include "plumb/artifact/pack.h"
#include "plumb/artifact/validator.h"

namespace plumb::artifact {
namespace {

using Chunk = std::span<const std::byte>;
using Sink = std::function<Status(Chunk)>;

constexpr std::array<std::byte, kSectionAlignment> kZeros = {};

// One section's contents: pieces of memory that others own.
struct Contents {
  SectionId id;
  std::vector<Chunk> chunks;
};

// Blobs of all variants, with the zeros between them.
class Weights {
 public:
  // By constant of the program.
  std::vector<BlobPlace> Place(const Program& program) {
    std::vector<BlobPlace> places;
    for (const Constant& constant : program.constants) {
      const auto [it, is_new] = known_.try_emplace({constant.data, constant.bytes}, AlignUp(end_));
      places.push_back({it->second, constant.bytes});
      if (is_new && constant.bytes > 0) {
        chunks_.push_back(Chunk(kZeros).first(it->second - end_));
        chunks_.push_back({static_cast<const std::byte*>(constant.data), constant.bytes});
        end_ = it->second + constant.bytes;
      }
    }
    return places;
  }
  [[nodiscard]] const std::vector<Chunk>& chunks() const { return chunks_; }

 private:
  std::vector<Chunk> chunks_;
  std::map<std::pair<const void*, size_t>, uint64_t> known_;
  uint64_t end_ = 0;
};

Result<Container> Emit(std::vector<Contents> contents, const Sink& sink) {
  Container container{kFormatVersion, kNumericsVersion, 0, {}};
  for (const Contents& item : contents) {
    Section& section = container.sections.emplace_back();
    section.id = static_cast<uint32_t>(item.id);
    const auto kind = static_cast<SectionId>(section.id % kVariantStride);
    const bool required =
        kind == SectionId::kProgram || kind == SectionId::kWeights || kind == SectionId::kBatch;
    section.flags = required ? kSectionRequired : 0;
    Sha256 hash;
    for (Chunk chunk : item.chunks) {
      section.size += chunk.size();
      hash.Update(chunk);
    }
    section.sha256 = hash.Finish();
  }
  const std::vector<std::byte> front = LayOut(container);
  PLUMB_RETURN_IF_ERROR(sink(front));
  uint64_t end = front.size();
  for (size_t i = 0; i < contents.size(); ++i) {
    const Section& section = container.sections[i];
    PLUMB_RETURN_IF_ERROR(sink(Chunk(kZeros).first(section.offset - end)));
    for (Chunk chunk : contents[i].chunks) {
      PLUMB_RETURN_IF_ERROR(sink(chunk));
    }
    end = section.offset + section.size;
  }
  return container;
}

Bytes PackBatch(int32_t batch) {
  Bytes bytes;
  for (int shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<std::byte>(static_cast<uint32_t>(batch) >> shift));
  }
  return bytes;
}

Result<Container> Serialize(const Artifact& artifact, const Sink& sink) {
  PLUMB_RETURN_IF_ERROR(ValidateArtifact(artifact));
  std::list<Bytes> packed;  // stays where it is
  std::vector<Contents> contents;
  const auto add = [&](SectionId id, Bytes bytes) {
    contents.push_back({id, {packed.emplace_back(std::move(bytes))}});
  };
  Weights weights;
  add(SectionId::kProgram, PackProgram(artifact.program, weights.Place(artifact.program)));
  contents.push_back({SectionId::kWeights, {}});
  add(SectionId::kIoContract, PackIoContract(artifact.io));
  add(SectionId::kDecodeContract, PackDecodeContract(artifact.decode));
  add(SectionId::kProvenance, PackProvenance(artifact.provenance));
  add(SectionId::kQuality, PackQuality(artifact.quality));
  if (!artifact.golden.empty()) {
    add(SectionId::kGolden, PackGolden(artifact.golden));
  }
  if (artifact.program.batch > 1) {
    add(SectionId::kBatch, PackBatch(artifact.program.batch));
  }
  for (uint32_t v = 1; v <= artifact.variants.size(); ++v) {
    const Artifact& variant = *artifact.variants[v - 1];
    add(OfVariant(SectionId::kProgram, v),
        PackProgram(variant.program, weights.Place(variant.program)));
    add(OfVariant(SectionId::kIoContract, v), PackIoContract(variant.io));
    add(OfVariant(SectionId::kDecodeContract, v), PackDecodeContract(variant.decode));
    if (!variant.golden.empty()) {
      add(OfVariant(SectionId::kGolden, v), PackGolden(variant.golden));
    }
  }
  contents[1].chunks = weights.chunks();
  return Emit(std::move(contents), sink);
}

}  // namespace

Result<std::vector<std::byte>> SerializeArtifact(const Artifact& artifact) {
  std::vector<std::byte> bytes;
  PLUMB_RETURN_IF_ERROR(Serialize(artifact, [&](Chunk chunk) {
                          bytes.insert(bytes.end(), chunk.begin(), chunk.end());
                          return Status();
                        }).status());
  return bytes;
}

Status WriteArtifact(const Artifact& artifact, const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  PLUMB_RETURN_IF_ERROR(WriteArtifact(artifact, file).status());
  return file.Commit();
}

Result<WrittenArtifact> WriteArtifact(const Artifact& artifact, AtomicFile& file) {
  Sha256 hash;
  PLUMB_ASSIGN_OR_RETURN(Container container, Serialize(artifact, [&](Chunk chunk) {
                           hash.Update(chunk);
                           return file.Write(chunk);
                         }));
  return WrittenArtifact{std::move(container), hash.Finish()};
}

}  // namespace plumb::artifact
