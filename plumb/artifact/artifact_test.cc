// Writer and reader together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "plumb/artifact/container.h"
#include "plumb/artifact/reader.h"
#include "plumb/artifact/test_artifact.h"
#include "plumb/artifact/validator.h"
#include "plumb/artifact/variants.h"
#include "plumb/artifact/writer.h"

namespace plumb::artifact {
namespace {

using ::testing::HasSubstr;

void ExpectSameProgram(const Program& a, const Program& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.symbolic_batch, b.symbolic_batch);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (size_t i = 0; i < a.tensors.size(); ++i) {
    EXPECT_EQ(a.tensors[i].name, b.tensors[i].name);
    EXPECT_EQ(a.tensors[i].dtype, b.tensors[i].dtype);
    EXPECT_EQ(a.tensors[i].shape, b.tensors[i].shape);
    EXPECT_EQ(a.tensors[i].quantization, b.tensors[i].quantization);
    EXPECT_EQ(a.tensors[i].constant, b.tensors[i].constant);
  }
  ASSERT_EQ(a.constants.size(), b.constants.size());
  for (size_t i = 0; i < a.constants.size(); ++i) {
    ASSERT_EQ(a.constants[i].bytes, b.constants[i].bytes);
    if (a.constants[i].bytes > 0) {
      EXPECT_EQ(std::memcmp(a.constants[i].data, b.constants[i].data, a.constants[i].bytes), 0);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(b.constants[i].data) % 64, 0U);
    }
  }
  ASSERT_EQ(a.records.size(), b.records.size());
  for (size_t i = 0; i < a.records.size(); ++i) {
    EXPECT_EQ(a.records[i].op, b.records[i].op);
    EXPECT_EQ(a.records[i].version, b.records[i].version);
    EXPECT_EQ(a.records[i].name, b.records[i].name);
    EXPECT_EQ(a.records[i].inputs, b.records[i].inputs);
    EXPECT_EQ(a.records[i].outputs, b.records[i].outputs);
    EXPECT_EQ(a.records[i].attributes, b.records[i].attributes);
  }
  for (auto ports : {&Program::inputs, &Program::outputs}) {
    ASSERT_EQ((a.*ports).size(), (b.*ports).size());
    for (size_t i = 0; i < (a.*ports).size(); ++i) {
      EXPECT_EQ((a.*ports)[i].name, (b.*ports)[i].name);
      EXPECT_EQ((a.*ports)[i].tensor, (b.*ports)[i].tensor);
      EXPECT_EQ((a.*ports)[i].dtype, (b.*ports)[i].dtype);
    }
  }
}

std::vector<std::byte> TestBytes() {
  auto bytes = SerializeArtifact(MakeTestArtifact());
  PLUMB_CHECK(bytes.ok()) << bytes.status().message();
  return std::move(*bytes);
}

TEST(Artifact, ComesBackAsItWas) {
  const Artifact artifact = MakeTestArtifact();
  auto read = ReadArtifact(TestBytes());
  ASSERT_TRUE(read.ok()) << read.status().message();
  ExpectSameProgram(artifact.program, (*read)->program);
  EXPECT_EQ((*read)->io, artifact.io);
  EXPECT_EQ((*read)->decode, artifact.decode);
  EXPECT_EQ((*read)->provenance, artifact.provenance);
  EXPECT_EQ((*read)->quality, artifact.quality);
}

TEST(Artifact, HasTheSameBytesEachTime) {
  const std::vector<std::byte> bytes = TestBytes();
  EXPECT_EQ(bytes, TestBytes());
  auto read = ReadArtifact(bytes);  // and when what was read is written again
  ASSERT_TRUE(read.ok());
  auto again = SerializeArtifact(**read);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(bytes, *again);
}

TEST(Variants, ComeBackAndShareTheirWeights) {
  const Artifact artifact = MakeTestArtifactWithVariants();
  auto bytes = SerializeArtifact(artifact);
  ASSERT_TRUE(bytes.ok()) << bytes.status().message();
  auto read = ReadArtifact(*bytes);
  ASSERT_TRUE(read.ok()) << read.status().message();
  ASSERT_EQ((*read)->variants.size(), 1U);
  const Artifact& variant = *(*read)->variants[0];
  ExpectSameProgram(artifact.program, (*read)->program);
  ExpectSameProgram(artifact.variants[0]->program, variant.program);
  EXPECT_EQ(variant.io, artifact.variants[0]->io);
  EXPECT_EQ(variant.decode, artifact.decode);
  EXPECT_EQ((*read)->program.batch, 3);
  EXPECT_EQ(variant.program.batch, 3);
  EXPECT_EQ(variant.program.constants[0].data, (*read)->program.constants[0].data);
  EXPECT_EQ(SerializeArtifact(**read).value(), *bytes);
  const auto container = ParseContainer(*bytes);
  EXPECT_EQ(container->Find(SectionId::kWeights)->size,
            ParseContainer(TestBytes())->Find(SectionId::kWeights)->size);
}

TEST(Variants, AreFoundByTheShapesOfARun) {
  const auto artifact = std::make_shared<const Artifact>(MakeTestArtifactWithVariants());
  EXPECT_EQ(FindVariant(artifact, std::vector<Shape>{{3, 4, 6, 3}}), artifact);
  EXPECT_EQ(FindVariant(artifact, std::vector<Shape>{{3, 8, 6, 3}}), artifact->variants[0]);
  EXPECT_EQ(FindVariant(artifact, std::vector<Shape>{{1, 8, 6, 3}}), nullptr);
  EXPECT_EQ(VariantsText(*artifact), "images=3x4x6x3; images=3x8x6x3");
}

// Every reader before this section was known refuses a file with it.
TEST(Variants, AreRequiredSections) {
  const auto bytes = SerializeArtifact(MakeTestArtifactWithVariants());
  const auto container = ParseContainer(*bytes);
  for (const uint32_t id : {8U, 17U}) {
    const Section* section = container->Find(static_cast<SectionId>(id));
    ASSERT_NE(section, nullptr) << id;
    EXPECT_EQ(section->flags, kSectionRequired);
  }
}

TEST(Variants, AreRefusedWhereTheyDoNotFitTheFirst) {
  const auto refused = [](const std::function<void(Artifact&, Artifact&)>& change) {
    Artifact artifact = MakeTestArtifactWithVariants();
    Artifact variant = *artifact.variants[0];
    change(artifact, variant);
    artifact.variants = {std::make_shared<Artifact>(std::move(variant))};
    return SerializeArtifact(artifact).status().message();
  };
  EXPECT_EQ(refused([](Artifact&, Artifact&) {}), "");
  EXPECT_THAT(refused([](Artifact&, Artifact& v) { v.program.inputs[0].name = "picture"; }),
              HasSubstr("variant 1: its inputs and outputs are not those of the first"));
  EXPECT_THAT(refused([](Artifact&, Artifact& v) { v.program.batch = 2; }),
              HasSubstr("another one than the first has"));
  EXPECT_THAT(refused([](Artifact& a, Artifact& v) {
                v.program = a.program;
                v.io = a.io;
              }),
              HasSubstr("its shapes are there already: images=3x4x6x3"));
  EXPECT_THAT(refused([](Artifact&, Artifact& v) { v.io.pictures[0].height = 4; }),
              HasSubstr("does not fit its shape"));
  EXPECT_THAT(refused([](Artifact& a, Artifact&) { a.program.batch = 0; }),
              HasSubstr("expected 1 to 4096"));
  EXPECT_THAT(refused([](Artifact& a, Artifact&) {
                a.program.tensors[static_cast<size_t>(a.program.outputs[0].tensor)].shape = {};
              }),
              HasSubstr("it has no first dimension"));
  Artifact many = MakeTestArtifactWithVariants();
  many.variants.resize(kMaxVariants + 1, many.variants[0]);
  EXPECT_THAT(SerializeArtifact(many).status().message(), HasSubstr("at most 15"));
}

TEST(Variants, EverySetFindsRoomInTheTable) {
  Artifact artifact = MakeTestArtifactWithVariants();
  for (int64_t v = 2; v <= kMaxVariants; ++v) {
    Artifact variant = *artifact.variants[0];
    variant.program.tensors[0].shape[1] = 8 * v;
    variant.program.tensors[1].shape[1] = 144 * v;
    variant.io.pictures[0].height = static_cast<int32_t>(8 * v);
    artifact.variants.push_back(std::make_shared<Artifact>(std::move(variant)));
  }
  const auto bytes = SerializeArtifact(artifact);
  ASSERT_TRUE(bytes.ok()) << bytes.status().message();
  const auto read = ReadArtifact(*bytes);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ((*read)->variants.size(), kMaxVariants);
}

TEST(Artifact, AnEmptyOneIsAnArtifact) {
  auto bytes = SerializeArtifact(Artifact());
  ASSERT_TRUE(bytes.ok()) << bytes.status().message();
  EXPECT_TRUE(ReadArtifact(*bytes).ok());
}

TEST(Artifact, RefusesEveryChangedByte) {
  std::vector<std::byte> bytes = TestBytes();
  for (std::byte& b : bytes) {
    b ^= std::byte{0x10};
    const Status status = ReadArtifact(bytes).status();
    EXPECT_TRUE(status.code() == Code::kInvalidModel || status.code() == Code::kIncompatible)
        << &b - bytes.data();
    b ^= std::byte{0x10};
  }
}

TEST(Artifact, RefusesEveryOtherLength) {
  const std::vector<std::byte> bytes = TestBytes();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(ReadArtifact(std::span(bytes).first(size)).status().code(), Code::kInvalidModel);
  }
  std::vector<std::byte> longer = bytes;
  longer.push_back({});
  EXPECT_EQ(ReadArtifact(longer).status().code(), Code::kInvalidModel);
}

TEST(Artifact, IsNotWrittenWhenItWouldBeRefused) {
  Artifact artifact = MakeTestArtifact();
  artifact.program.records[0].inputs[0] = 77;
  EXPECT_EQ(SerializeArtifact(artifact).status().code(), Code::kInvalidModel);
  const std::string path = testing::TempDir() + "plumb_artifact_test_refused.plumb";
  EXPECT_FALSE(WriteArtifact(artifact, path).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Artifact, GoesThroughAFile) {
  const std::string path = testing::TempDir() + "plumb_artifact_test.plumb";
  ASSERT_TRUE(WriteArtifact(MakeTestArtifact(), path).ok());
  EXPECT_EQ(std::filesystem::file_size(path), TestBytes().size());
  auto read = ReadArtifact(path);
  ASSERT_TRUE(read.ok()) << read.status().message();
  std::filesystem::remove(path);  // the mapping stays
  ExpectSameProgram(MakeTestArtifact().program, ProgramOf(*read).operator*());
}

TEST(Artifact, NamesTheFileThatIsRefused) {
  const std::string path = testing::TempDir() + "plumb_artifact_test_text.plumb";
  std::ofstream(path) << "hello, world";
  const Status status = ReadArtifact(path).status();
  EXPECT_EQ(status.code(), Code::kInvalidModel);
  EXPECT_THAT(status.message(), HasSubstr("plumb_artifact_test_text.plumb': not a Plumb artifact"));
  EXPECT_FALSE(LooksLikeArtifact(path));
  std::filesystem::remove(path);
  EXPECT_EQ(ReadArtifact(path).status().code(), Code::kEnvironment);
  EXPECT_EQ(ReadArtifact(testing::TempDir()).status().code(), Code::kEnvironment);
}

TEST(Artifact, SaysThatTheDiskIsFull) {
  const Status status = WriteArtifact(MakeTestArtifact(), "/dev/full");
  EXPECT_EQ(status.code(), Code::kResource);
  EXPECT_THAT(status.message(), HasSubstr("/dev/full"));
}

}  // namespace
}  // namespace plumb::artifact
