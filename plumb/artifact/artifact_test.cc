// Writer and reader together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "plumb/artifact/container.h"
#include "plumb/artifact/reader.h"
#include "plumb/artifact/test_artifact.h"
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
