#include <algorithm>

#include "plumb/pictures/formats.h"

namespace plumb::pictures {

int ExifOrientation(std::span<const std::byte> tiff) {
  auto byte = [&](size_t at) { return at < tiff.size() ? static_cast<uint32_t>(tiff[at]) : 0U; };
  const bool little = byte(0) == 'I' && byte(1) == 'I';
  if (!little && !(byte(0) == 'M' && byte(1) == 'M')) {
    return 1;
  }
  auto u16 = [&](size_t at) {
    return little ? byte(at) | byte(at + 1) << 8 : byte(at) << 8 | byte(at + 1);
  };
  auto u32 = [&](size_t at) {
    return little ? u16(at) | u16(at + 2) << 16 : u16(at) << 16 | u16(at + 2);
  };
  if (u16(2) != 42) {
    return 1;
  }
  const size_t directory = u32(4);
  const uint32_t entries = u16(directory);
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + size_t{12} * i;
    if (entry + 12 > tiff.size()) {
      return 1;
    }
    if (u16(entry) == 0x0112) {
      const uint32_t value = u16(entry + 8);
      return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
  }
  return 1;
}

Picture Upright(Picture picture, int orientation) {
  if (orientation <= 1 || orientation > 8) {
    return picture;
  }
  // Orientation says where the stored first row and column lie in the upright picture.
  const bool transposed = orientation >= 5;
  const bool flip_x = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool flip_y = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  Picture out(transposed ? picture.height : picture.width,
              transposed ? picture.width : picture.height, picture.channels);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const int u = flip_x ? out.width - 1 - x : x, v = flip_y ? out.height - 1 - y : y;
      const uint8_t* from = transposed ? picture.At(v, u) : picture.At(u, v);
      std::copy_n(from, static_cast<size_t>(picture.channels), out.At(x, y));
    }
  }
  return out;
}

}  // namespace plumb::pictures
