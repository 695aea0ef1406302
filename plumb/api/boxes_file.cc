#include "plumb/api/boxes_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "plumb/vision/coco_names.h"

namespace plumb {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kExpected =
    "; expected COCO results, [{\"image_id\": or \"file_name\":, \"category_id\":, \"bbox\": [x, "
    "y, "
    "w, h], \"score\":}, ...], or {\"a.jpg\": [[x1, y1, x2, y2, score, class], ...]}";

bool Numbers(const Json& json, size_t count) {
  return json.is_array() && json.size() >= count &&
         std::all_of(json.begin(), json.end(), [](const Json& v) { return v.is_number(); });
}

// [x1, y1, x2, y2, score, class]; or an object: "bbox" has a corner and sides, "box" two corners, the class is a number or
// a name. Nothing when it is neither.
std::optional<FileBox> BoxOf(const Json& json) {
  FileBox result;
  vision::Detection& d = result.box;
  if (Numbers(json, 6)) {
    const auto values = json.get<std::vector<double>>();
    const auto at = [&](size_t i) { return static_cast<float>(values[i]); };
    d = {at(0), at(1), at(2), at(3), at(4), static_cast<int32_t>(values[5]), {}};
    return result;
  }
  if (!json.is_object() || !json.contains("score") || !json["score"].is_number()) {
    return std::nullopt;
  }
  const auto score = json["score"].get<float>();
  if (json.contains("bbox") && Numbers(json["bbox"], 4)) {
    const auto box = json["bbox"].get<std::array<float, 4>>();
    d = {box[0], box[1], box[0] + box[2], box[1] + box[3], score, -1, {}};
  } else if (json.contains("box") && Numbers(json["box"], 4)) {
    const auto box = json["box"].get<std::array<float, 4>>();
    d = {box[0], box[1], box[2], box[3], score, -1, {}};
  } else {
    return std::nullopt;
  }
  for (const char* key : {"category_id", "class", "label"}) {
    if (json.contains(key) && json[key].is_string()) {
      result.name = json[key].get<std::string>();
      return result;
    }
    if (json.contains(key) && json[key].is_number_integer()) {
      d.label = json[key].get<int32_t>();
      result.category = key == std::string_view("category_id");
      return result;
    }
  }
  return std::nullopt;
}

// Of an entry of a list; empty: it names none.
std::string PictureOf(const Json& json) {
  for (const char* key : {"file_name", "image_id"}) {
    if (json.is_object() && json.contains(key) && json[key].is_string()) {
      return std::filesystem::path(json[key].get<std::string>()).filename().string();
    }
    if (json.is_object() && json.contains(key) && json[key].is_number_integer()) {
      return std::to_string(json[key].get<int64_t>());
    }
  }
  return "";
}

// The last number in a file's name, without leading zeros; empty when there is none.
std::string NumberIn(const std::string& name) {
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const std::string stem = std::filesystem::path(name).stem().string();
  auto end = std::find_if(stem.rbegin(), stem.rend(), is_digit);
  auto begin = std::find_if_not(end, stem.rend(), is_digit);
  std::string number(begin.base(), end.base());
  number.erase(0, std::min(number.find_first_not_of('0'), number.size() - !number.empty()));
  return number;
}

}  // namespace

Result<FileBoxes> ReadBoxesFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return UsageError("--boxes ", path, ": cannot be read");
  }
  const Json json = Json::parse(file, nullptr, false);
  if (json.is_discarded()) {
    return UsageError("--boxes ", path, ": is no JSON", kExpected);
  }
  const bool wrapped = json.is_object() && json.contains("detections");
  const Json& list = wrapped ? json["detections"] : json;
  FileBoxes boxes;
  if (list.is_array()) {
    for (const Json& one : list) {
      std::optional<FileBox> box = BoxOf(one);
      const std::string picture = PictureOf(one);
      if (!box || picture.empty()) {
        return UsageError("--boxes ", path, ": an entry is ", one.dump().substr(0, 200), kExpected);
      }
      boxes[picture].push_back(std::move(*box));
    }
    return boxes;
  }
  if (!list.is_object()) {
    return UsageError("--boxes ", path, ": is neither a list nor an object", kExpected);
  }
  for (const auto& [name, found] : list.items()) {
    if (!found.is_array()) {
      return UsageError("--boxes ", path, ": '", name, "' holds no list", kExpected);
    }
    std::vector<FileBox>& here = boxes[std::filesystem::path(name).filename().string()];
    for (const Json& one : found) {
      std::optional<FileBox> box = BoxOf(one);
      if (!box) {
        return UsageError("--boxes ", path, ": a box of '", name, "' is ",
                          one.dump().substr(0, 200), kExpected);
      }
      here.push_back(std::move(*box));
    }
  }
  return boxes;
}

const std::vector<FileBox>* FindBoxes(const FileBoxes& boxes, const std::string& picture) {
  const std::string name = std::filesystem::path(picture).filename().string();
  for (const std::string& key :
       {name, std::filesystem::path(name).stem().string(), NumberIn(name)}) {
    if (const auto found = boxes.find(key); found != boxes.end()) {
      return &found->second;
    }
  }
  return nullptr;
}

namespace {

// -1: the labels have no such name.
int32_t IndexOf(std::span<const std::string> labels, const std::string& name) {
  const auto at = std::find(labels.begin(), labels.end(), name);
  return at == labels.end() ? -1 : static_cast<int32_t>(at - labels.begin());
}

}  // namespace

std::vector<vision::Detection> Labelled(std::span<const FileBox> boxes, ClassNumbers numbers,
                                        std::span<const std::string> labels) {
  std::vector<vision::Detection> result;
  for (const FileBox& one : boxes) {
    vision::Detection d = one.box;
    if (!one.name.empty()) {
      d.label = IndexOf(labels, one.name);
    } else if (numbers == ClassNumbers::kFromOne) {
      --d.label;
    } else if (numbers == ClassNumbers::kCoco) {
      d.label = vision::CocoIndex(d.label);
    }
    result.push_back(std::move(d));
  }
  return result;
}

std::vector<vision::Detection> LabelledAsStated(std::span<const FileBox> boxes,
                                                const artifact::DecodeContract& decode) {
  std::vector<vision::Detection> result;
  for (const FileBox& one : boxes) {
    vision::Detection d = one.box;
    if (!one.name.empty()) {
      d.label = IndexOf(decode.labels, one.name);
    } else if (one.category) {
      d.label = decode.classes == vision::kCocoClasses ? vision::CocoIndex(d.label) : d.label - 1;
    }
    result.push_back(std::move(d));
  }
  return result;
}

}  // namespace plumb
