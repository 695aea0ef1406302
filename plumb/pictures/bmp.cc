#include <array>
#include <cstdlib>

#include "plumb/pictures/formats.h"

namespace plumb::pictures {
namespace {

// `bits` samples by mask, scaled to 8 bits: value * 255 / largest, rounded.
struct Mask {
  uint32_t mask = 0;
  int shift = 0;
  uint32_t largest = 0;

  explicit Mask(uint32_t m = 0) : mask(m) {
    while (m != 0 && (m & 1U) == 0) {
      m >>= 1;
      ++shift;
    }
    largest = m;
  }
  [[nodiscard]] uint8_t Of(uint32_t pixel) const {
    const uint64_t v = (pixel & mask) >> shift;
    return largest == 0 ? 0 : static_cast<uint8_t>((v * 255 + largest / 2) / largest);
  }
};

}  // namespace

Result<Picture> DecodeBmp(std::span<const std::byte> data, const std::string& name) {
  auto byte = [&](size_t at) { return at < data.size() ? static_cast<uint32_t>(data[at]) : 0U; };
  auto u16 = [&](size_t at) { return byte(at) | byte(at + 1) << 8; };
  auto u32 = [&](size_t at) { return u16(at) | u16(at + 2) << 16; };
  auto damaged = [&](const auto&... found) {
    return UsageError(name, ": a damaged or truncated BMP file: ", found...);
  };
  const uint32_t header = u32(14);
  if (data.size() < 26 || (header != 12 && header < 40)) {
    return damaged("a header of 12 or at least 40 bytes expected, found ", header);
  }
  const bool core = header == 12;
  const int64_t width = core ? static_cast<int64_t>(u16(18)) : static_cast<int32_t>(u32(18));
  const int64_t signed_height =
      core ? static_cast<int64_t>(u16(20)) : static_cast<int32_t>(u32(22));
  const int64_t height = std::llabs(signed_height);
  const uint32_t bits = core ? u16(24) : u16(28);
  const uint32_t compression = core ? 0 : u32(30);
  PLUMB_RETURN_IF_ERROR(CheckSize(name, width, height));
  if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32) {
    return damaged("1, 4, 8, 16, 24 or 32 bits a pixel expected, found ", bits);
  }
  const bool masked = (compression == 3 || compression == 6) && (bits == 16 || bits == 32);
  if (compression != 0 && !masked) {
    return UsageError(name, ": an uncompressed BMP expected, found compression ", compression,
                      " with ", bits, " bits");
  }
  std::array<Mask, 3> masks;
  if (masked) {
    masks = {Mask(u32(54)), Mask(u32(58)), Mask(u32(62))};
    for (const Mask& m : masks) {
      if ((m.largest & (m.largest + 1)) != 0 || m.largest == 0) {
        return damaged("a colour mask with gaps or without bits");
      }
    }
  } else if (bits == 16) {
    masks = {Mask(0x7C00), Mask(0x03E0), Mask(0x001F)};
  } else {
    masks = {Mask(0xFF0000), Mask(0x00FF00), Mask(0x0000FF)};
  }
  const size_t palette = 14 + size_t{header};
  const size_t palette_step = core ? 3 : 4;
  const size_t pixels = u32(10);
  const uint64_t row_bytes = (static_cast<uint64_t>(width) * bits + 31) / 32 * 4;
  if (pixels < palette || pixels > data.size() ||
      row_bytes * static_cast<uint64_t>(height) > data.size() - pixels) {
    return damaged(width, "x", height, " pixels of ", bits, " bits do not fit into ", data.size(),
                   " bytes");
  }
  const size_t colours = (pixels - palette) / palette_step;
  Picture picture(static_cast<int>(width), static_cast<int>(height), 3);
  for (int y = 0; y < picture.height; ++y) {
    const size_t row =
        pixels + row_bytes * static_cast<size_t>(signed_height > 0 ? picture.height - 1 - y : y);
    uint8_t* out = picture.At(0, y);
    for (size_t x = 0; x < static_cast<size_t>(width); ++x, out += 3) {
      if (bits <= 8) {
        const size_t bit = x * bits;
        const uint32_t index = (byte(row + bit / 8) >> (8 - bits - bit % 8)) & ((1U << bits) - 1);
        if (index >= colours) {
          return damaged("colour ", index, " of a palette of ", colours);
        }
        const size_t at = palette + index * palette_step;
        out[0] = static_cast<uint8_t>(byte(at + 2));
        out[1] = static_cast<uint8_t>(byte(at + 1));
        out[2] = static_cast<uint8_t>(byte(at));
        continue;
      }
      const uint32_t pixel = bits == 16   ? u16(row + 2 * x)
                             : bits == 24 ? u16(row + 3 * x) | byte(row + 3 * x + 2) << 16
                                          : u32(row + 4 * x);
      for (size_t c = 0; c < 3; ++c) {
        out[c] = masks[c].Of(pixel);
      }
    }
  }
  return picture;
}

}  // namespace plumb::pictures
