// Pictures with the truth about them: COCO annotations, or lines "file index".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/vision/coco_metric.h"

namespace plumb {

struct CocoData {
  std::vector<std::pair<int64_t, std::string>> images;  // id, file
  std::vector<vision::CocoTruth> truths;
  std::map<std::string, int32_t> category_of_name;
};

// Usage errors name --data, which the file was given with.
[[nodiscard]] Result<CocoData> ReadCoco(const std::string& path);

struct LabelledPicture {
  std::string file;
  int label;
};

// Empty lines and lines from # on are skipped.
[[nodiscard]] Result<std::vector<LabelledPicture>> ReadPictureLabels(const std::string& path);

}  // namespace plumb
