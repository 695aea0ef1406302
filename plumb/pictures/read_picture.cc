#include "plumb/pictures/read_picture.h"

#include <algorithm>
#include <cctype>

#include "plumb/base/npy.h"
#include "plumb/pictures/formats.h"

namespace plumb::pictures {

Status CheckSize(const std::string& name, int64_t width, int64_t height) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide ||
      width * height > kMaxPixels) {
    return UsageError(name, ": a picture of 1x1 to ", kMaxPixels / 1'000'000,
                      " megapixels, sides up to ", kMaxSide, ", expected, found ", width, "x",
                      height);
  }
  return {};
}

Result<Picture> DecodePicture(std::span<const std::byte> data, const std::string& name) {
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  if (text.empty()) {
    return UsageError(name, ": a picture expected, found an empty file");
  }
  if (text.starts_with("\xFF\xD8\xFF")) {
    return DecodeJpeg(data, name);
  }
  if (text.starts_with("\x89PNG\r\n\x1A\n")) {
    return DecodePng(data, name);
  }
  if (text.starts_with("BM")) {
    return DecodeBmp(data, name);
  }
  const char* found = text.starts_with("GIF8") ? "GIF"
                      : text.starts_with("RIFF") && text.size() > 12 && text.substr(8, 4) == "WEBP"
                          ? "WebP"
                      : text.starts_with("II*") || text.starts_with("MM") ? "TIFF"
                      : std::string_view("\x89PNG\r\n\x1A\n").starts_with(text.substr(0, 8)) ||
                              std::string_view("\xFF\xD8\xFF").starts_with(text.substr(0, 3))
                          ? "the first bytes of a truncated picture"
                          : "none of these";
  return UsageError(name, ": a JPEG, PNG or BMP picture expected, found ", found);
}

Result<Picture> ReadPicture(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> data, ReadFileBytes(path, size_t{1} << 30));
  return DecodePicture(data, path);
}

bool HasPictureName(std::string_view path) {
  const size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) {
    return false;
  }
  std::string ending(path.substr(dot + 1));
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return ending == "jpg" || ending == "jpeg" || ending == "png" || ending == "bmp";
}

}  // namespace plumb::pictures
