// The artifacts of this folder are read, or refused with the code that their name begins with.
#include <gtest/gtest.h>

#include <filesystem>

#include "plumb/artifact/reader.h"
#include "plumb/runtime/session.h"

namespace plumb {
namespace {

namespace fs = std::filesystem;

TEST(GoldenArtifacts, AcceptedOnesRun) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(PLUMB_GOLDEN) / "accept")) {
    if (entry.is_directory()) {  // kept ones: tests/same_bits runs them
      continue;
    }
    auto artifact = artifact::ReadArtifact(entry.path().string());
    ASSERT_TRUE(artifact.ok()) << artifact.status().message();
    auto session = runtime::Session::Create(artifact::ProgramOf(*artifact), {});
    ASSERT_TRUE(session.ok()) << session.status().message();
    EXPECT_TRUE((*session)->Run().ok());
    ++count;
  }
  EXPECT_GE(count, 3);
}

TEST(GoldenArtifacts, RefusedOnesGiveTheirCode) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(PLUMB_GOLDEN) / "refuse")) {
    const auto artifact = artifact::ReadArtifact(entry.path().string());
    Status status = artifact.status();
    if (artifact.ok()) {  // what only a runtime can tell: an operator that it does not know
      status = runtime::Session::Create(artifact::ProgramOf(*artifact), {})
                   .status()
                   .WithContext(entry.path().string());
    }
    const std::string name = entry.path().filename().string();
    EXPECT_EQ(static_cast<int>(status.code()), name[0] - '0') << name << ": " << status.message();
    EXPECT_NE(status.message().find(name), std::string::npos) << "the file is named";
    RecordProperty(name, status.message());
    ++count;
  }
  EXPECT_GE(count, 20);
}

}  // namespace
}  // namespace plumb
