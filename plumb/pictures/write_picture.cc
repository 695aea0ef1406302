#include "plumb/pictures/write_picture.h"

#include <algorithm>
#include <cctype>

#include "plumb/base/npy.h"

namespace plumb::pictures {
namespace {

constexpr int kJpegQuality = 92;

std::string Ending(std::string_view path) {
  const size_t dot = path.rfind('.');
  std::string ending(dot == std::string_view::npos ? "" : path.substr(dot + 1));
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return ending;
}

}  // namespace

Status CheckPictureEnding(std::string_view path) {
  const std::string ending = Ending(path);
  if (ending != "jpg" && ending != "jpeg" && ending != "png") {
    return UsageError(path, ": a picture is written as .jpg or .png, found '", ending, "'");
  }
  return {};
}

Status WritePicture(const std::string& path, const Picture& picture) {
  PLUMB_RETURN_IF_ERROR(CheckPictureEnding(path));
  Result<std::string> data =
      Ending(path) == "png" ? EncodePng(picture) : EncodeJpeg(picture, kJpegQuality);
  if (!data.ok()) {
    return data.status().WithContext(path);
  }
  return WriteFileAtomically(path, *data);
}

}  // namespace plumb::pictures
