// A file as read-only memory.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "plumb/base/status.h"

namespace plumb {

class MappedFile {
 public:
  // An environment error naming the path when it is missing, no regular file or not readable. An
  // empty file is no error.
  [[nodiscard]] static Result<std::shared_ptr<const MappedFile>> Open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace plumb
