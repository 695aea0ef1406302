#include "plumb/api/given_results.h"

#include <algorithm>
#include <filesystem>

#include "plumb/api/boxes_file.h"
#include "plumb/api/run.h"
#include "plumb/base/half.h"
#include "plumb/pictures/npz.h"

namespace plumb {
namespace {

template <typename T>
void Copy(const Tensor& from, std::vector<float>& to) {
  for (const T v : from.values<T>()) {
    to.push_back(static_cast<float>(v));
  }
}

Result<std::vector<float>> AsFloats(const Tensor& tensor, const std::string& what) {
  std::vector<float> values;
  values.reserve(static_cast<size_t>(tensor.size()));
  switch (tensor.dtype()) {
    case DType::kF32:
      Copy<float>(tensor, values);
      break;
    case DType::kF64:
      Copy<double>(tensor, values);
      break;
    case DType::kS8:
      Copy<int8_t>(tensor, values);
      break;
    case DType::kU8:
      Copy<uint8_t>(tensor, values);
      break;
    case DType::kS16:
      Copy<int16_t>(tensor, values);
      break;
    case DType::kS32:
      Copy<int32_t>(tensor, values);
      break;
    default:
      return UsageError(what, ": elements of type ", DTypeName(tensor.dtype()),
                        "; expected f32, f64 or integers");
  }
  return values;
}

std::string FileName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

}  // namespace

Result<std::vector<std::vector<runtime::NamedTensor>>> ReadGivenOutputs(
    const std::string& path, const std::vector<std::string>& known_names) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<pictures::NpzEntry> entries, pictures::ReadNpz(path));
  std::vector<std::vector<runtime::NamedTensor>> by_picture;
  for (const pictures::NpzEntry& entry : entries) {
    const std::string what = StrCat("--outputs ", path, ", array '", entry.name, "'");
    if (entry.tensor.shape().empty() || entry.tensor.shape()[0] == 0) {
      return UsageError(what, ": shape ", ShapeToString(entry.tensor.shape()),
                        "; expected the pictures along its leading axis");
    }
    std::string name = entry.name;
    for (const std::string& known : known_names) {
      name = FileNameOf(known) == entry.name ? known : name;
    }
    PLUMB_ASSIGN_OR_RETURN(const std::vector<float> values, AsFloats(entry.tensor, what));
    const auto pictures = static_cast<size_t>(entry.tensor.shape()[0]);
    if (by_picture.empty()) {
      by_picture.resize(pictures);
    } else if (by_picture.size() != pictures) {
      return UsageError(what, ": ", pictures, " pictures along its leading axis; expected ",
                        by_picture.size(), ", as the other arrays have");
    }
    Shape shape = entry.tensor.shape();
    shape[0] = 1;
    const size_t each = values.size() / pictures;
    for (size_t s = 0; s < pictures; ++s) {
      by_picture[s].push_back(
          {name, Tensor::Of<float>(shape, std::span(values).subspan(s * each, each))});
    }
  }
  if (by_picture.empty()) {
    return UsageError("--outputs ", path, ": holds no arrays");
  }
  return by_picture;
}

Result<std::vector<std::vector<vision::Detection>>> ReadGivenBoxes(
    const std::string& path, const std::vector<std::string>& pictures,
    const artifact::DecodeContract& decode) {
  PLUMB_ASSIGN_OR_RETURN(const FileBoxes file, ReadBoxesFile(path));
  std::vector<std::vector<vision::Detection>> boxes;
  bool named = false;
  for (const std::string& picture : pictures) {
    const std::vector<FileBox>* found = FindBoxes(file, picture);
    named = named || found != nullptr;
    std::vector<vision::Detection>& here = boxes.emplace_back();
    if (found != nullptr) {
      here = LabelledAsStated(*found, decode);
    }
    std::stable_sort(here.begin(), here.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
  }
  if (!named) {
    return UsageError("--boxes ", path, ": names none of the pictures of --data (",
                      pictures.empty() ? "none" : FileName(pictures[0]), ", ...)");
  }
  return boxes;
}

}  // namespace plumb
