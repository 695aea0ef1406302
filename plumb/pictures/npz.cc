#include "plumb/pictures/npz.h"

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <span>

#include "plumb/base/npy.h"

namespace plumb::pictures {
namespace {

constexpr size_t kEndSize = 22, kCentralSize = 46, kLocalSize = 30;
constexpr uint32_t kEndMagic = 0x06054b50, kCentralMagic = 0x02014b50, kLocalMagic = 0x04034b50;
constexpr size_t kMostBytes = size_t{1} << 32;

class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> data) : data_(data) {}
  [[nodiscard]] size_t size() const { return data_.size(); }
  [[nodiscard]] bool Has(size_t at, size_t count) const {
    return at <= data_.size() && count <= data_.size() - at;
  }
  [[nodiscard]] uint32_t Read(size_t at, size_t count) const {
    uint32_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      value |= static_cast<uint32_t>(data_[at + i]) << (8 * i);
    }
    return value;
  }
  [[nodiscard]] std::span<const std::byte> Part(size_t at, size_t count) const {
    return data_.subspan(at, count);
  }

 private:
  std::span<const std::byte> data_;
};

Result<std::vector<std::byte>> Inflate(std::span<const std::byte> from, size_t size,
                                       const std::string& what) {
  std::vector<std::byte> to(size);
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(from.data()));
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(to.data());
  stream.avail_out = static_cast<uInt>(size);
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
    return ResourceError(what, ": no memory to decompress it");
  }
  const int result = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (result != Z_STREAM_END || stream.avail_out != 0) {
    return UsageError(what, ": the compressed data are damaged");
  }
  return to;
}

// Where the end record begins, or nothing.
std::optional<size_t> FindEnd(const Bytes& bytes) {
  constexpr size_t kLongestComment = 65535;
  for (size_t back = kEndSize; back <= bytes.size() && back <= kEndSize + kLongestComment; ++back) {
    if (bytes.Read(bytes.size() - back, 4) == kEndMagic) {
      return bytes.size() - back;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<NpzEntry>> ReadNpz(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> file, ReadFileBytes(path, kMostBytes));
  const Bytes bytes(file);
  const std::optional<size_t> end = FindEnd(bytes);
  if (!end) {
    return UsageError("'", path, "' is no .npz archive");
  }
  std::vector<NpzEntry> entries;
  size_t at = bytes.Read(*end + 16, 4);
  for (uint32_t i = 0, count = bytes.Read(*end + 10, 2); i < count; ++i) {
    if (!bytes.Has(at, kCentralSize) || bytes.Read(at, 4) != kCentralMagic) {
      return UsageError("'", path, "': the archive's directory is damaged at entry ", i);
    }
    const uint32_t method = bytes.Read(at + 10, 2), packed = bytes.Read(at + 20, 4),
                   size = bytes.Read(at + 24, 4);
    const uint32_t name_length = bytes.Read(at + 28, 2);
    const size_t local = bytes.Read(at + 42, 4);
    if (!bytes.Has(at + kCentralSize, name_length) || !bytes.Has(local, kLocalSize) ||
        bytes.Read(local, 4) != kLocalMagic) {
      return UsageError("'", path, "': the archive is damaged at entry ", i);
    }
    const std::span<const std::byte> raw_name = bytes.Part(at + kCentralSize, name_length);
    std::string name(reinterpret_cast<const char*>(raw_name.data()), raw_name.size());
    const size_t data = local + kLocalSize + bytes.Read(local + 26, 2) + bytes.Read(local + 28, 2);
    const std::string what = StrCat("'", path, "', entry '", name, "'");
    if (!bytes.Has(data, packed) || (method == 0 && packed != size)) {
      return UsageError(what, ": its data lie outside the archive");
    }
    if (method != 0 && method != Z_DEFLATED) {
      return UsageError(what, ": compression method ", method, "; expected stored or deflated");
    }
    if (method == Z_DEFLATED && size / 1100 > packed) {  // deflate packs at most about 1032 to 1
      return UsageError(what, ": ", size, " bytes cannot come from ", packed);
    }
    std::vector<std::byte> unpacked;
    std::span<const std::byte> content = bytes.Part(data, packed);
    if (method == Z_DEFLATED) {
      PLUMB_ASSIGN_OR_RETURN(unpacked, Inflate(content, size, what));
      content = unpacked;
    }
    if (::crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()) !=
        bytes.Read(at + 16, 4)) {
      return UsageError(what, ": damaged, its checksum differs");
    }
    PLUMB_ASSIGN_OR_RETURN(Tensor tensor, ParseNpy(content, what));
    if (name.ends_with(".npy")) {
      name.resize(name.size() - 4);
    }
    entries.push_back({std::move(name), std::move(tensor)});
    at += kCentralSize + name_length + bytes.Read(at + 30, 2) + bytes.Read(at + 32, 2);
  }
  return entries;
}

}  // namespace plumb::pictures
