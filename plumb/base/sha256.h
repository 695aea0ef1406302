// SHA-256 (FIPS 180-4), our own because the small runtime links nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace plumb {

using Digest = std::array<uint8_t, 32>;

class Sha256 {
 public:
  Sha256();
  void Update(std::span<const std::byte> bytes);
  void Update(std::string_view text) { Update(std::as_bytes(std::span(text))); }
  [[nodiscard]] Digest Finish();  // once

  [[nodiscard]] static Digest Of(std::span<const std::byte> bytes);

 private:
  void Compress(const std::byte* blocks, size_t count);  // 64 bytes each
  std::array<uint32_t, 8> state_;
  std::array<std::byte, 64> pending_;
  uint64_t length_ = 0;  // bytes so far; the last length_ % 64 are pending
};

[[nodiscard]] std::string ToHex(std::span<const uint8_t> bytes);  // lower case

}  // namespace plumb
