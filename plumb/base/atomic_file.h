// A file that is there whole or not at all: written under a temporary name beside its place,
// synced, then renamed.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "plumb/base/status.h"

namespace plumb {

class AtomicFile {
 public:
  // A full disk (or quota, or size limit) is a resource error, everything else that goes wrong an
  // environment error; both name the path. After an error, or without Commit, the old file is as it
  // was and nothing is left behind. A path that names a device or a pipe is written directly.
  [[nodiscard]] static Result<AtomicFile> Create(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Status Write(std::span<const std::byte> bytes);
  Status Write(std::string_view text) { return Write(std::as_bytes(std::span(text))); }
  // Everything on disk, under the temporary name: what is left for Commit hardly fails. For several
  // files that belong together.
  Status Prepare();
  Status Commit();

 private:
  AtomicFile(std::string path, std::string temporary, int fd)
      : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}
  Status Fail(std::string_view doing, int error) const;

  std::string path_;       // where it goes; symbolic links followed
  std::string temporary_;  // empty when written directly
  int fd_ = -1;
};

}  // namespace plumb
