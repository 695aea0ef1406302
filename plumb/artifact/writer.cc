#include "plumb/artifact/writer.h"

#include <array>
#include <functional>
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

struct Weights {
  std::vector<BlobPlace> places;  // by constant
  std::vector<Chunk> chunks;      // blobs, with the zeros between them
};

Weights PlaceWeights(const Program& program) {
  Weights weights;
  std::map<std::pair<const void*, size_t>, uint64_t> known;
  uint64_t end = 0;
  for (const Constant& constant : program.constants) {
    const auto [it, is_new] = known.try_emplace({constant.data, constant.bytes}, AlignUp(end));
    weights.places.push_back({it->second, constant.bytes});
    if (is_new && constant.bytes > 0) {
      weights.chunks.push_back(Chunk(kZeros).first(it->second - end));
      weights.chunks.push_back({static_cast<const std::byte*>(constant.data), constant.bytes});
      end = it->second + constant.bytes;
    }
  }
  return weights;
}

Result<Container> Emit(std::vector<Contents> contents, const Sink& sink) {
  Container container{kFormatVersion, kNumericsVersion, 0, {}};
  for (const Contents& item : contents) {
    Section& section = container.sections.emplace_back();
    section.id = static_cast<uint32_t>(item.id);
    section.flags =
        item.id == SectionId::kProgram || item.id == SectionId::kWeights ? kSectionRequired : 0;
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

Result<Container> Serialize(const Artifact& artifact, const Sink& sink) {
  PLUMB_RETURN_IF_ERROR(ValidateProgram(artifact.program));
  PLUMB_RETURN_IF_ERROR(ValidateContracts(artifact));
  PLUMB_RETURN_IF_ERROR(ValidateGolden(artifact));
  const Weights weights = PlaceWeights(artifact.program);
  const Bytes program = PackProgram(artifact.program, weights.places);
  const Bytes io = PackIoContract(artifact.io);
  const Bytes decode = PackDecodeContract(artifact.decode);
  const Bytes provenance = PackProvenance(artifact.provenance);
  const Bytes quality = PackQuality(artifact.quality);
  const Bytes golden = PackGolden(artifact.golden);
  std::vector<Contents> contents = {
      {SectionId::kProgram, {program}},       {SectionId::kWeights, weights.chunks},
      {SectionId::kIoContract, {io}},         {SectionId::kDecodeContract, {decode}},
      {SectionId::kProvenance, {provenance}}, {SectionId::kQuality, {quality}}};
  if (!artifact.golden.empty()) {
    contents.push_back({SectionId::kGolden, {golden}});
  }
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
