// Writing pictures: JPEG or PNG, by the path's ending.
#pragma once

#include <string>
#include <string_view>

#include "plumb/base/picture.h"
#include "plumb/base/status.h"

namespace plumb::pictures {

// 1 or 3 channels. .jpg or .jpeg (quality 92) or .png; another ending is a usage error. A temporary
// file beside the path is renamed over it at the end; failing to write is an environment error.
Status WritePicture(const std::string& path, const Picture& picture);
// Whether WritePicture knows the ending: to be asked before the work is done.
Status CheckPictureEnding(std::string_view path);

[[nodiscard]] Result<std::string> EncodeJpeg(const Picture& picture,
                                             int quality);  // the file's bytes
[[nodiscard]] Result<std::string> EncodePng(const Picture& picture);

}  // namespace plumb::pictures
