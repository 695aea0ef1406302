// Reading pictures: JPEG, PNG and BMP, told apart by content, not by name.
//
// Every picture comes out as 8-bit R, G, B, upright:
//   grey is repeated; alpha is dropped (not blended); palettes are looked up; 16-bit samples keep
//   their high byte; no gamma or colour profile is applied - all this as OpenCV's
//   imread(IMREAD_COLOR) does; EXIF orientation (JPEG APP1, PNG eXIf) is applied, as there; JPEG
//   uses libjpeg-turbo's accurate integer DCT and smooth chroma upsampling; CMYK and YCCK become r
//   = k - (((255 - c) * k) >> 8) with Adobe's inverted values, g and b likewise; plain CMYK is
//   inverted first; BMP: 1, 4, 8 bits with palette, 16, 24 and 32 bits, also with masks, either row
//   order; not run-length coded.
//
// Sizes from 1x1 to 100 megapixels (kMaxPixels), sides up to 65535. What cannot be read - no
// picture, truncated, damaged, too large, another format - is a usage error (the user named the
// file) that names it and says what was found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "plumb/base/picture.h"
#include "plumb/base/status.h"

namespace plumb::pictures {

inline constexpr int64_t kMaxPixels = 100'000'000;
inline constexpr int64_t kMaxSide = 65535;

[[nodiscard]] Result<Picture> ReadPicture(const std::string& path);
// From memory; `name` is for messages.
[[nodiscard]] Result<Picture> DecodePicture(std::span<const std::byte> data,
                                            const std::string& name);
// Whether the file's name ends as one that ReadPicture reads (.jpg .jpeg .png .bmp, any case): for
// folders.
[[nodiscard]] bool HasPictureName(std::string_view path);

}  // namespace plumb::pictures
