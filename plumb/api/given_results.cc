#include "plumb/api/given_results.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "plumb/api/run.h"
#include "plumb/base/half.h"
#include "plumb/pictures/npz.h"
#include "plumb/vision/coco_names.h"

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

// Which picture an entry names: by file name, by the name without its ending, or by COCO's number.
class PictureIndex {
 public:
  explicit PictureIndex(const std::vector<std::string>& pictures) {
    for (size_t i = 0; i < pictures.size(); ++i) {
      const std::string stem = std::filesystem::path(pictures[i]).stem().string();
      by_name_[FileName(pictures[i])] = i;
      by_name_[stem] = i;
      const size_t digits = stem.find_last_not_of("0123456789");
      const std::string number = digits == std::string::npos ? stem : stem.substr(digits + 1);
      if (!number.empty() && number.size() < 18) {
        by_number_[std::stoll(number)] = i;
      }
    }
  }
  [[nodiscard]] std::optional<size_t> Find(const nlohmann::json& entry) const {
    if (entry.is_string()) {
      const auto found = by_name_.find(FileName(entry.get<std::string>()));
      return found == by_name_.end() ? std::nullopt : std::optional(found->second);
    }
    if (entry.is_number_integer()) {
      const auto found = by_number_.find(entry.get<int64_t>());
      return found == by_number_.end() ? std::nullopt : std::optional(found->second);
    }
    return std::nullopt;
  }

 private:
  std::map<std::string, size_t> by_name_;
  std::map<int64_t, size_t> by_number_;
};

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
  std::ifstream file(path);
  if (!file) {
    return UsageError("--boxes ", path, ": cannot be read");
  }
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  const std::string expected =
      "; expected COCO results, [{\"image_id\": or \"file_name\":, \"category_id\":, \"bbox\": [x, "
      "y, "
      "w, h], \"score\":}, ...], or {\"a.jpg\": [[x1, y1, x2, y2, score, class], ...]}";
  if (json.is_discarded()) {
    return UsageError("--boxes ", path, ": is no JSON", expected);
  }
  const PictureIndex index(pictures);
  std::vector<std::vector<vision::Detection>> boxes(pictures.size());
  const bool wrapped =
      json.is_object() && json.contains("detections") && json["detections"].is_array();
  const nlohmann::json& list = wrapped ? json["detections"] : json;
  size_t matched = 0;
  const auto numbers = [](const nlohmann::json& array, size_t count) {
    return array.is_array() && array.size() >= count &&
           std::all_of(array.begin(), array.end(), [](const auto& v) { return v.is_number(); });
  };
  if (list.is_object()) {
    for (const auto& [name, found] : list.items()) {
      const auto picture = index.Find(nlohmann::json(name));
      if (!found.is_array()) {
        return UsageError("--boxes ", path, ": '", name, "' holds no list", expected);
      }
      for (const auto& one : found) {
        if (!numbers(one, 6)) {
          return UsageError("--boxes ", path, ": a box of '", name, "' is ", one.dump(), expected);
        }
        if (picture) {
          ++matched;
          boxes[*picture].push_back({one[0].get<float>(),
                                     one[1].get<float>(),
                                     one[2].get<float>(),
                                     one[3].get<float>(),
                                     one[4].get<float>(),
                                     static_cast<int32_t>(one[5].get<double>()),
                                     {}});
        }
      }
      matched += picture.has_value();
    }
  } else if (list.is_array()) {
    for (const auto& one : list) {
      if (!one.is_object() || !one.contains("bbox") || !numbers(one["bbox"], 4) ||
          !one.contains("score") || !one["score"].is_number() || !one.contains("category_id") ||
          !one["category_id"].is_number_integer()) {
        return UsageError("--boxes ", path, ": an entry is ", one.dump().substr(0, 200), expected);
      }
      const auto picture = index.Find(one.contains("file_name")  ? one["file_name"]
                                      : one.contains("image_id") ? one["image_id"]
                                                                 : nlohmann::json());
      if (!picture) {
        continue;
      }
      ++matched;
      const auto id = one["category_id"].get<int32_t>();
      const int32_t label = decode.classes == vision::kCocoClasses ? vision::CocoIndex(id) : id - 1;
      const float x = one["bbox"][0].get<float>(), y = one["bbox"][1].get<float>();
      boxes[*picture].push_back({x,
                                 y,
                                 x + one["bbox"][2].get<float>(),
                                 y + one["bbox"][3].get<float>(),
                                 one["score"].get<float>(),
                                 label,
                                 {}});
    }
  } else {
    return UsageError("--boxes ", path, ": is neither a list nor an object", expected);
  }
  if (matched == 0) {
    return UsageError("--boxes ", path, ": names none of the pictures of --data (",
                      pictures.empty() ? "none" : FileName(pictures[0]), ", ...)");
  }
  for (auto& picture : boxes) {
    std::stable_sort(picture.begin(), picture.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
  }
  return boxes;
}

}  // namespace plumb
