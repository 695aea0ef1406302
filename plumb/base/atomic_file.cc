#include "plumb/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace plumb {
namespace {

Status FileError(std::string_view path, std::string_view doing, int error) {
  const Code code =
      error == ENOSPC || error == EDQUOT || error == EFBIG ? Code::kResource : Code::kEnvironment;
  return {code, StrCat("cannot ", doing, " '", path, "': ", std::strerror(error))};
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : (slash == 0 ? "/" : path.substr(0, slash));
}

// What a symbolic link leads to; the path itself when there is none.
std::string Follow(const std::string& path) {
  char buffer[PATH_MAX];
  return ::realpath(path.c_str(), buffer) != nullptr ? std::string(buffer) : path;
}

}  // namespace

Result<AtomicFile> AtomicFile::Create(const std::string& path) {
  std::string target = Follow(path);
  struct stat info = {};
  if (::stat(target.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    const int fd = ::open(target.c_str(), O_WRONLY | O_CLOEXEC);
    return fd >= 0 ? Result<AtomicFile>(AtomicFile(std::move(target), "", fd))
                   : FileError(path, "write", errno);
  }
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string temporary = StrCat(target, ".", ::getpid(), ".", attempt, ".tmp");
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) {
      return AtomicFile(std::move(target), std::move(temporary), fd);
    }
    if (errno != EEXIST) {
      return FileError(path, "write", errno);
    }
  }
  return FileError(path, "write", EEXIST);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      fd_(std::exchange(other.fd_, -1)) {
  other.temporary_.clear();
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
  }
}

Status AtomicFile::Fail(std::string_view doing, int error) const {
  return FileError(path_, doing, error);
}

Status AtomicFile::Write(std::span<const std::byte> bytes) {
  constexpr size_t kMost = size_t{1} << 30;  // one write takes less than 2 GiB
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd_, bytes.data(), std::min(bytes.size(), kMost));
    if (done < 0 && errno == EINTR) {
      continue;
    }
    if (done < 0) {
      return Fail("write", errno);
    }
    bytes = bytes.subspan(static_cast<size_t>(done));
  }
  return {};
}

Status AtomicFile::Prepare() {
  if (!temporary_.empty() && ::fsync(fd_) != 0) {
    return Fail("sync", errno);
  }
  return ::close(std::exchange(fd_, -1)) == 0 ? Status() : Fail("close", errno);
}

Status AtomicFile::Commit() {
  if (fd_ >= 0) {
    PLUMB_RETURN_IF_ERROR(Prepare());
  }
  if (temporary_.empty()) {
    return {};
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return Fail("replace", errno);
  }
  temporary_.clear();
  // The name itself: best effort, some file systems do not let folders be synced.
  if (const int folder = ::open(FolderOf(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return {};
}

}  // namespace plumb
