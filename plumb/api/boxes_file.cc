#include "plumb/api/boxes_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "plumb/vision/coco_names.h"

namespace plumb {
namespace {

using Json = nlohmann::json;

// "bbox" has a corner and sides, "box" two corners; the class a number or a name.
FileBox BoxOf(const Json& json) {
  FileBox result;
  vision::Detection& d = result.box;
  if (json.contains("bbox")) {
    const auto box = json.at("bbox").get<std::array<float, 4>>();
    d = {box[0], box[1], box[0] + box[2], box[1] + box[3], 0, -1, {}};
  } else {
    const auto box = json.at("box").get<std::array<float, 4>>();
    d = {box[0], box[1], box[2], box[3], 0, -1, {}};
  }
  d.score = json.at("score").get<float>();
  for (const char* key : {"category_id", "class", "label"}) {
    if (json.contains(key)) {
      const Json& value = json.at(key);
      if (value.is_string()) {
        result.name = value.get<std::string>();
      } else {
        d.label = value.get<int32_t>();
      }
      return result;
    }
  }
  throw std::invalid_argument("a box has none of category_id, class, label");
}

std::string PictureOf(const Json& json) {
  if (json.contains("file_name")) {
    return std::filesystem::path(json.at("file_name").get<std::string>()).filename().string();
  }
  const Json& id = json.at("image_id");
  return id.is_string() ? id.get<std::string>() : std::to_string(id.get<int64_t>());
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
  FileBoxes boxes;
  try {
    Json json = Json::parse(file);
    if (json.is_object() && json.contains("detections")) {
      json = Json(json.at("detections"));
    }
    if (json.is_array()) {
      for (const Json& one : json) {
        boxes[PictureOf(one)].push_back(BoxOf(one));
      }
    } else {
      for (const auto& [picture, list] : json.items()) {
        for (const Json& one : list) {
          boxes[std::filesystem::path(picture).filename().string()].push_back(BoxOf(one));
        }
      }
    }
  } catch (const std::exception& error) {
    return UsageError("--boxes ", path,
                      ": expected COCO results, or {\"a.jpg\": [{\"box\": [x1, y1, x2, y2], "
                      "\"score\": 0.5, \"class\": 0}]}: ",
                      error.what());
  }
  return boxes;
}

std::vector<FileBox> BoxesOf(const FileBoxes& boxes, const std::string& picture) {
  const std::string name = std::filesystem::path(picture).filename().string();
  for (const std::string& key :
       {name, std::filesystem::path(name).stem().string(), NumberIn(name)}) {
    if (const auto found = boxes.find(key); found != boxes.end()) {
      return found->second;
    }
  }
  return {};
}

std::vector<vision::Detection> Labelled(std::span<const FileBox> boxes, ClassNumbers numbers,
                                        std::span<const std::string> labels) {
  std::vector<vision::Detection> result;
  for (const FileBox& one : boxes) {
    vision::Detection d = one.box;
    if (!one.name.empty()) {
      const auto at = std::find(labels.begin(), labels.end(), one.name);
      d.label = at == labels.end() ? -1 : static_cast<int32_t>(at - labels.begin());
    } else if (numbers == ClassNumbers::kFromOne) {
      --d.label;
    } else if (numbers == ClassNumbers::kCoco) {
      d.label = vision::CocoIndex(d.label);
    }
    result.push_back(std::move(d));
  }
  return result;
}

}  // namespace plumb
