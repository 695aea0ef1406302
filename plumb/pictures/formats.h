// Inside pictures: one decoder a format, and EXIF.
#pragma once

#include "plumb/pictures/read_picture.h"

namespace plumb::pictures {

[[nodiscard]] Result<Picture> DecodeJpeg(std::span<const std::byte> data, const std::string& name);
[[nodiscard]] Result<Picture> DecodePng(std::span<const std::byte> data, const std::string& name);
[[nodiscard]] Result<Picture> DecodeBmp(std::span<const std::byte> data, const std::string& name);

// An error when the sides are not 1..kMaxSide or the product is above kMaxPixels.
Status CheckSize(const std::string& name, int64_t width, int64_t height);

// EXIF's orientation, 1 to 8, from a TIFF block ("II*\0" or "MM\0*" first); 1 when there is none or
// it is damaged.
[[nodiscard]] int ExifOrientation(std::span<const std::byte> tiff);
// The picture turned and mirrored as the orientation says, so that it stands upright.
[[nodiscard]] Picture Upright(Picture picture, int orientation);

}  // namespace plumb::pictures
