#include "plumb/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace plumb {

Result<std::shared_ptr<const MappedFile>> MappedFile::Open(const std::string& path) {
  const int fd =
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // does not wait for a pipe's writer
  if (fd < 0) {
    return EnvironmentError("cannot read '", path, "': ", std::strerror(errno));
  }
  struct stat info = {};
  void* data = nullptr;
  size_t size = 0;
  Status status;
  if (::fstat(fd, &info) != 0) {
    status = EnvironmentError("cannot read '", path, "': ", std::strerror(errno));
  } else if (!S_ISREG(info.st_mode)) {
    status = EnvironmentError("cannot read '", path,
                              "': ", S_ISDIR(info.st_mode) ? "it is a folder" : "it is no file");
  } else if (size = static_cast<size_t>(info.st_size); size > 0) {
    data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
      const std::string reason = std::strerror(errno);
      status = errno == ENOMEM ? ResourceError("no memory to map '", path, "': ", reason)
                               : EnvironmentError("cannot map '", path, "': ", reason);
    }
  }
  ::close(fd);
  if (!status.ok()) {
    return status;
  }
  return std::shared_ptr<const MappedFile>(
      new MappedFile({static_cast<const std::byte*>(data), size}));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) {
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }
}

}  // namespace plumb
