#include "plumb/artifact/container.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "plumb/artifact/artifact.h"

namespace plumb::artifact {
namespace {

using ::testing::HasSubstr;

// A file of two sections of 5 and 70 bytes, changed by `change` before the hashes are made.
std::vector<std::byte> MakeFile(const std::function<void(Container&)>& change = nullptr) {
  const std::vector<std::byte> contents(70, std::byte{7});
  Container container{kFormatVersion, kNumericsVersion, 0, {}};
  container.sections = {{1, kSectionRequired, 0, 5, Sha256::Of(std::span(contents).first(5))},
                        {3, 0, 0, 70, Sha256::Of(contents)}};
  if (change) {
    change(container);
  }
  std::vector<std::byte> file = LayOut(container);
  for (const Section& section : container.sections) {
    file.resize(section.offset);
    file.insert(file.end(), contents.begin(),
                contents.begin() + static_cast<std::ptrdiff_t>(section.size));
  }
  return file;
}

Status Check(const std::vector<std::byte>& file) {
  auto container = ParseContainer(file);
  return container.ok() ? VerifyContents(*container, file) : container.status();
}

void ExpectRefused(const std::vector<std::byte>& file, Code code, const char* message) {
  const Status status = Check(file);
  EXPECT_EQ(status.code(), code) << status.message();
  EXPECT_THAT(status.message(), HasSubstr(message));
}

TEST(Container, HoldsWhatWasPutIn) {
  const auto file = MakeFile();
  auto container = ParseContainer(file);
  ASSERT_TRUE(container.ok()) << container.status().message();
  EXPECT_TRUE(VerifyContents(*container, file).ok());
  EXPECT_EQ(container->file_size, file.size());
  ASSERT_EQ(container->sections.size(), 2U);
  EXPECT_EQ(container->sections[0].offset, 192U);
  EXPECT_EQ(container->sections[1].offset, 256U);
  EXPECT_EQ(container->Find(SectionId::kIoContract)->size, 70U);
  EXPECT_EQ(container->Find(SectionId::kWeights), nullptr);
}

TEST(Container, SkipsUnknownSectionsThatAreNotRequired) {
  EXPECT_TRUE(Check(MakeFile([](Container& c) { c.sections[1].id = 900; })).ok());
}

TEST(Container, RefusesOtherVersions) {
  ExpectRefused(MakeFile([](Container& c) { c.format_version = 8; }), Code::kIncompatible,
                "format version 8");
  ExpectRefused(MakeFile([](Container& c) { c.numerics_version = 9; }), Code::kIncompatible,
                "asks for numerics version 9, this release of Plumb computes version 1");
  ExpectRefused(MakeFile([](Container& c) { c.numerics_version = 0; }), Code::kIncompatible,
                "made before the arithmetic was frozen (numerics version 0)");
  ExpectRefused(MakeFile([](Container& c) {
                  c.sections[1].id = 900;
                  c.sections[1].flags = kSectionRequired;
                }),
                Code::kIncompatible, "section 900");
}

TEST(Container, RefusesDisorder) {
  ExpectRefused(MakeFile([](Container& c) { c.sections[1].id = 1; }), Code::kInvalidModel,
                "out of order");
  ExpectRefused(MakeFile([](Container& c) { c.sections[0].id = 0; }), Code::kInvalidModel,
                "out of order");
  ExpectRefused(MakeFile([](Container& c) { c.sections[1].flags = 4; }), Code::kInvalidModel,
                "unknown flags");
  ExpectRefused(MakeFile([](Container& c) { c.sections[1].sha256[3] ^= 1; }), Code::kInvalidModel,
                "section 3 (I/O contract) does not have the SHA-256");
}

TEST(Container, RefusesDamage) {
  ExpectRefused({}, Code::kInvalidModel, "empty");
  ExpectRefused(std::vector<std::byte>(100), Code::kInvalidModel, "not a Plumb artifact");
  auto file = MakeFile();
  file.pop_back();
  ExpectRefused(file, Code::kInvalidModel, "truncated");
  file = MakeFile();
  file[200] = std::byte{1};  // between the sections
  ExpectRefused(file, Code::kInvalidModel, "bytes other than zero before section 3");
  file = MakeFile();
  file[80] ^= std::byte{1};  // the table
  ExpectRefused(file, Code::kInvalidModel, "header and table");
  file = MakeFile();
  const uint32_t many = 1U << 31;
  std::memcpy(file.data() + 24, &many, sizeof(many));
  ExpectRefused(file, Code::kInvalidModel, "a table of 2147483648 sections");
}

}  // namespace
}  // namespace plumb::artifact
