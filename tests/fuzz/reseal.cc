#include "tests/fuzz/reseal.h"

#include <cstring>

#include "plumb/artifact/container.h"

namespace plumb::artifact {
namespace {

template <typename T>
T Load(std::span<const std::byte> bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

}  // namespace

std::vector<std::byte> Reseal(std::span<const std::byte> file) {
  std::vector<std::byte> bytes(file.begin(), file.end());
  if (bytes.size() < kHeaderSize) {
    return bytes;
  }
  const uint64_t size = bytes.size();
  std::memcpy(bytes.data() + 16, &size, sizeof(size));
  const size_t front = kHeaderSize + size_t{Load<uint32_t>(bytes, 24)} * kTableEntrySize;
  if (front > size) {
    return bytes;
  }
  for (size_t at = kHeaderSize; at < front; at += kTableEntrySize) {
    const auto offset = Load<uint64_t>(bytes, at + 8);
    const auto length = Load<uint64_t>(bytes, at + 16);
    if (offset >= front && offset <= size && length <= size - offset) {
      const Digest digest = Sha256::Of(std::span(bytes).subspan(offset, length));
      std::memcpy(bytes.data() + at + 32, digest.data(), digest.size());
    }
  }
  Sha256 hash;
  hash.Update(std::span(bytes).first(32));
  hash.Update(std::span(bytes).subspan(kHeaderSize, front - kHeaderSize));
  const Digest digest = hash.Finish();
  std::memcpy(bytes.data() + 32, digest.data(), digest.size());
  return bytes;
}

}  // namespace plumb::artifact
