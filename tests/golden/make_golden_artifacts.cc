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

using Contents = std::vector<Bytes>;  // of sections 1 to 6

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

class Golden {
 public:
  explicit Golden(std::filesystem::path folder) : folder_(std::move(folder)) {
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

void WriteAccepted(const Golden& golden) {
  golden.Write("accept/empty", TestBytes(Artifact()));
  golden.Write("accept/tiny", TestBytes(MakeTestArtifact()));
  Contents stripped = SectionsOf(TestBytes(MakeTestArtifact()));
  stripped.resize(2);
  golden.Write("accept/stripped", Seal(stripped));
}

void WriteDamaged(const Golden& golden) {
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

void WriteInvalid(const Golden& golden) {
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
}

}  // namespace
}  // namespace plumb::artifact

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_golden_artifacts FOLDER\n";
    return 2;
  }
  const plumb::artifact::Golden golden(argv[1]);
  plumb::artifact::WriteAccepted(golden);
  plumb::artifact::WriteDamaged(golden);
  plumb::artifact::WriteInvalid(golden);
  return 0;
}
