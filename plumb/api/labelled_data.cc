#include "plumb/api/labelled_data.h"

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace plumb {

Result<CocoData> ReadCoco(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return UsageError("--data ", path, ": cannot be read");
  }
  CocoData data;
  try {
    const nlohmann::json json = nlohmann::json::parse(file);
    for (const auto& image : json.at("images")) {
      data.images.emplace_back(image.at("id").get<int64_t>(),
                               image.at("file_name").get<std::string>());
    }
    for (const auto& box : json.at("annotations")) {
      vision::CocoTruth truth;
      truth.image = box.at("image_id").get<int64_t>();
      truth.category = box.at("category_id").get<int32_t>();
      truth.box = box.at("bbox").get<std::array<double, 4>>();
      truth.crowd = box.value("iscrowd", 0) != 0;
      data.truths.push_back(truth);
    }
    for (const auto& category : json.value("categories", nlohmann::json::array())) {
      data.category_of_name[category.at("name").get<std::string>()] =
          category.at("id").get<int32_t>();
    }
  } catch (const nlohmann::json::exception& error) {
    return UsageError("--data ", path, ": not COCO annotations: ", error.what());
  }
  if (data.images.empty()) {
    return UsageError("--data ", path, ": names no pictures");
  }
  return data;
}

Result<std::vector<LabelledPicture>> ReadPictureLabels(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return UsageError("--data ", path, ": cannot be read");
  }
  std::vector<LabelledPicture> all;
  std::string text;
  for (int line = 1; std::getline(file, text); ++line) {
    std::istringstream words(text);
    LabelledPicture one;
    if (!(words >> one.file) || one.file[0] == '#') {
      continue;
    }
    std::string more;
    if (!(words >> one.label) || one.label < 0 || words >> more) {
      return UsageError("--data ", path, ", line ", line, ": expected 'file index', found '", text,
                        "'");
    }
    all.push_back(one);
  }
  if (all.empty()) {
    return UsageError("--data ", path, ": no lines 'file index'");
  }
  return all;
}

}  // namespace plumb
