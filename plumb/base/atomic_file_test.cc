#include "plumb/base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace plumb {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / "plumb_atomic_file_test";
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string Path(const char* name) const { return (folder_ / name).string(); }
  [[nodiscard]] size_t FileCount() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  static std::string Contents(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void WriteFile(const std::string& path, std::string_view text) {
    auto file = AtomicFile::Create(path);
    ASSERT_TRUE(file.ok()) << file.status().message();
    ASSERT_TRUE(file->Write(text).ok());
    ASSERT_TRUE(file->Commit().ok());
  }
  fs::path folder_;
};

TEST_F(AtomicFileTest, ReplacesTheOldFileAtCommit) {
  WriteFile(Path("a"), "old");
  {
    auto file = AtomicFile::Create(Path("a"));
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->Write("new").ok());
    EXPECT_EQ(Contents(Path("a")), "old");
    EXPECT_EQ(FileCount(), 2U);
  }  // not committed
  EXPECT_EQ(Contents(Path("a")), "old");
  EXPECT_EQ(FileCount(), 1U);
  WriteFile(Path("a"), "new");
  EXPECT_EQ(Contents(Path("a")), "new");
  EXPECT_EQ(FileCount(), 1U);
}

TEST_F(AtomicFileTest, FollowsSymbolicLinks) {
  WriteFile(Path("a"), "old");
  fs::create_symlink(Path("a"), Path("link"));
  WriteFile(Path("link"), "new");
  EXPECT_EQ(Contents(Path("a")), "new");
  EXPECT_TRUE(fs::is_symlink(Path("link")));
}

TEST_F(AtomicFileTest, NamesWhatCannotBeWritten) {
  const Status missing = AtomicFile::Create(Path("no/such/folder")).status();
  EXPECT_EQ(missing.code(), Code::kEnvironment);
  EXPECT_THAT(missing.message(), testing::HasSubstr("no/such/folder': No such file or directory"));
  EXPECT_EQ(AtomicFile::Create(folder_.string()).status().code(), Code::kEnvironment);
}

TEST_F(AtomicFileTest, SaysThatTheDiskIsFull) {
  auto file = AtomicFile::Create("/dev/full");
  ASSERT_TRUE(file.ok()) << file.status().message();
  const Status full = file->Write("x");
  EXPECT_EQ(full.code(), Code::kResource);
  EXPECT_THAT(full.message(), testing::HasSubstr("'/dev/full': No space left on device"));
}

}  // namespace
}  // namespace plumb
