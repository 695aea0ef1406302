// Writes the artifacts of tests/golden: make_golden_artifacts FOLDER
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>

#include "plumb/artifact/container.h"
#include "plumb/artifact/pack.h"
#include "plumb/artifact/test_artifact.h"
#include "plumb/artifact/writer.h"

namespace plumb::artifact {
namespace {

using Contents =
    std::vector<Bytes>;  // of sections 1 to 7, unless a change of the container says otherwise

Bytes TestBytes(const Artifact& artifact) {
  auto bytes = SerializeArtifact(artifact);
  PLUMB_CHECK(bytes.ok()) << bytes.status().message();
  return std::move(*bytes);
}

Contents SectionsOf(const Bytes& file) {
  Contents contents;
  auto container = ParseContainer(file);
  PLUMB_CHECK(container.ok()) << container.status().message();
  for (const Section& section : container->sections) {
    const auto begin = file.begin() + static_cast<std::ptrdiff_t>(section.offset);
    contents.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(section.size));
  }
  return contents;
}

// A file with right hashes around whatever the sections hold.
Bytes Seal(const Contents& contents, const std::function<void(Container&)>& change = nullptr) {
  Container container{kFormatVersion, kNumericsVersion, 0, {}};
  for (uint32_t i = 0; i < contents.size(); ++i) {
    container.sections.push_back(
        {i + 1, i < 2 ? kSectionRequired : 0, 0, contents[i].size(), Sha256::Of(contents[i])});
  }
  if (change) {
    change(container);
  }
  Bytes file = LayOut(container);
  for (size_t i = 0; i < contents.size(); ++i) {
    file.resize(container.sections[i].offset);
    file.insert(file.end(), contents[i].begin(), contents[i].end());
  }
  return file;
}

class GoldenFolder {
 public:
  explicit GoldenFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_ / "accept");
    std::filesystem::create_directories(folder_ / "refuse");
  }
  void Write(const std::string& name, const Bytes& bytes) const {
    std::ofstream out(folder_ / (name + ".plumb"), std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    PLUMB_CHECK(out.good()) << name;
  }
  // The test artifact with a program that the writer would refuse.
  void WriteBroken(const std::string& name,
                   const std::function<void(Program&, std::vector<BlobPlace>&)>& change) const {
    Artifact artifact = MakeTestArtifact();
    Contents contents = SectionsOf(TestBytes(artifact));
    auto unpacked = UnpackProgram(contents[0]);
    PLUMB_CHECK(unpacked.ok());
    change(unpacked->program, unpacked->blobs);
    contents[0] = PackProgram(unpacked->program, unpacked->blobs);
    Write(name, Seal(contents));
  }

 private:
  std::filesystem::path folder_;
};

// With golden vectors: of noise, since the input takes no floats.
Artifact WithGolden() {
  Artifact artifact = MakeTestArtifact();
  GoldenVector& vector = artifact.golden.vectors.emplace_back();
  vector.inputs.resize(1);
  vector.inputs[0].seed = 5;
  vector.inputs[0].low = -128, vector.inputs[0].high = 127;
  vector.hashes = {42};
  vector.result = GoldenResult::kBoxes;
  vector.objects = {{1, {0x3F800000, 0x40000000, 0x40400000, 0x40800000, 0x3F000000}}};
  artifact.golden.definitions = {DefinitionHash(artifact.program, 0)};
  artifact.golden.contracts = ContractsHash(artifact.io, artifact.decode);
  return artifact;
}

void WriteAccepted(const GoldenFolder& golden) {
  golden.Write("accept/empty", TestBytes(Artifact()));
  golden.Write("accept/tiny", TestBytes(MakeTestArtifact()));
  golden.Write("accept/golden-vectors", TestBytes(WithGolden()));
  golden.Write("accept/variants", TestBytes(MakeTestArtifactWithVariants()));
  Contents stripped = SectionsOf(TestBytes(MakeTestArtifact()));
  stripped.resize(2);
  golden.Write("accept/stripped", Seal(stripped));
}

void WriteDamaged(const GoldenFolder& golden) {
  const Bytes good = TestBytes(MakeTestArtifact());
  const Contents contents = SectionsOf(good);
  golden.Write("refuse/4-truncated", Bytes(good.begin(), good.begin() + 700));
  golden.Write("refuse/4-header-only", Bytes(good.begin(), good.begin() + 40));
  golden.Write("refuse/4-not-an-artifact", Bytes(200, std::byte{0x42}));
  golden.Write("refuse/4-empty-file", {});
  Bytes flipped = good;
  flipped.back() ^= std::byte{1};
  golden.Write("refuse/4-changed-byte", flipped);
  golden.Write("refuse/4-no-weights", Seal({contents[0]}));
  golden.Write("refuse/4-program-of-zeros", Seal({Bytes(64), contents[1]}));
  golden.Write("refuse/4-io-contract-is-a-program", Seal({contents[0], contents[1], contents[5]}));
  golden.Write("refuse/5-format-version",
               Seal(contents, [](Container& c) { c.format_version = 1000; }));
  golden.Write("refuse/5-numerics-version",
               Seal(contents, [](Container& c) { c.numerics_version = 1000; }));
  golden.Write("refuse/5-numerics-before-the-freeze",
               Seal(contents, [](Container& c) { c.numerics_version = 0; }));
  golden.Write("refuse/5-unknown-required-section", Seal(contents, [](Container& c) {
                 c.sections[5].id = 1000;
                 c.sections[5].flags = kSectionRequired;
               }));
}

// Golden vectors that the writer would refuse.
void WriteBrokenGolden(const GoldenFolder& golden) {
  const auto write = [&](const std::string& name, const std::function<void(Golden&)>& change) {
    Artifact artifact = WithGolden();
    Contents contents = SectionsOf(TestBytes(artifact));
    change(artifact.golden);
    contents[6] = PackGolden(artifact.golden);
    golden.Write(name, Seal(contents));
  };
  write("refuse/4-golden-too-many", [](Golden& g) { g.vectors.resize(5, g.vectors[0]); });
  write("refuse/4-golden-hashes", [](Golden& g) { g.vectors[0].hashes.clear(); });
  write("refuse/4-golden-noise", [](Golden& g) { g.vectors[0].inputs[0].high = 1000; });
  write("refuse/4-golden-picture",
        [](Golden& g) { g.vectors[0].inputs[0].source = GoldenSource::kPicture; });
}

// Variants and a batch that the writer would refuse.
void WriteBrokenVariants(const GoldenFolder& golden) {
  const Bytes good = TestBytes(MakeTestArtifactWithVariants());
  const Container container = *ParseContainer(good);
  const Contents contents = SectionsOf(good);
  const auto write = [&](const std::string& name,
                         const std::function<void(Contents&, Container&)>& change) {
    Contents changed = contents;
    Container wanted = container;
    change(changed, wanted);
    golden.Write("refuse/" + name, Seal(changed, [&](Container& c) {
                   for (size_t i = 0; i < c.sections.size(); ++i) {
                     c.sections[i].id = wanted.sections[i].id;
                     c.sections[i].flags = wanted.sections[i].flags;
                   }
                 }));
  };
  // Sections: 1 to 6, the batch (8), program and contracts of variant 1 (17, 19, 20).
  const size_t batch = 6, program = 7, io = 8;
  write("4-batch-of-one", [&](Contents& c, Container&) { c[batch][0] = std::byte{1}; });
  write("4-batch-size", [&](Contents& c, Container&) { c[batch].resize(3); });
  write("4-batch-too-large", [&](Contents& c, Container&) { c[batch][3] = std::byte{1}; });
  write("4-variant-again", [&](Contents& c, Container&) {
    c[program] = c[0];
    c[io] = c[2];
  });
  write("4-variant-missing", [&](Contents&, Container& c) {
    for (size_t i = program; i < c.sections.size(); ++i) {
      c.sections[i].id += kVariantStride;
    }
  });
  write("4-variant-contract", [&](Contents& c, Container&) { c[io] = c[2]; });
  write("5-variant-weights", [&](Contents&, Container& c) { c.sections[program].id = 18; });
}

void WriteInvalid(const GoldenFolder& golden) {
  golden.WriteBroken("refuse/4-tensor-out-of-range",
                     [](Program& p, auto&) { p.records[0].inputs[0] = 1000; });
  golden.WriteBroken("refuse/4-read-before-written",
                     [](Program& p, auto&) { p.records[0].inputs[0] = 1; });
  golden.WriteBroken("refuse/4-element-type",
                     [](Program& p, auto&) { p.tensors[0].dtype = static_cast<DType>(99); });
  golden.WriteBroken("refuse/4-negative-dimension",
                     [](Program& p, auto&) { p.tensors[1].shape[1] = -72; });
  golden.WriteBroken("refuse/4-huge-shape", [](Program& p, auto&) {
    p.tensors[1].shape = {int64_t{1} << 62, int64_t{1} << 62, 4};
  });
  golden.WriteBroken("refuse/4-scale-zero",
                     [](Program& p, auto&) { p.tensors[0].quantization.scale[0] = 0; });
  golden.WriteBroken("refuse/4-constant-size", [](Program& p, auto&) {
    p.tensors[2].shape = {2, 4};
  });
  golden.WriteBroken("refuse/4-constant-outside",
                     [](Program&, auto& blobs) { blobs[0].offset = 1 << 20; });
  golden.WriteBroken("refuse/4-constants-overlap",
                     [](Program&, auto& blobs) { blobs[2].offset = 0; });
  golden.WriteBroken("refuse/5-operator-version",
                     [](Program& p, auto&) { p.records[0].version = 1000; });
}

}  // namespace
}  // namespace plumb::artifact

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_golden_artifacts FOLDER\n";
    return 2;
  }
  const plumb::artifact::GoldenFolder golden(argv[1]);
  plumb::artifact::WriteAccepted(golden);
  plumb::artifact::WriteDamaged(golden);
  plumb::artifact::WriteBrokenGolden(golden);
  plumb::artifact::WriteBrokenVariants(golden);
  plumb::artifact::WriteInvalid(golden);
  return 0;
}
