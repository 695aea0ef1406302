// The model_config.yml of RKNN-Toolkit2's rknn_convert.
#pragma once

#include <string>
#include <vector>

#include "plumb/base/status.h"

namespace plumb::cli {

struct RknnJob {
  std::string name;                 // of the artifact, without ending
  std::string model;                // path
  std::vector<std::string> inputs;  // names; empty: the model's own
  std::vector<std::string> shapes;  // "1x3x224x224", by input; empty: the model's own
  std::vector<std::string> words;   // further options of 'plumb convert'
  std::vector<std::string> notes;   // what is different here
};

// Keys: models.name, .platform, .model_file_path, .subgraphs.{inputs, input_size_list, outputs}, .quantize, .dataset, .configs.*
// (as RKNN.config spells them). Paths are relative to the file's folder. An unknown key is a usage error that lists the known
// ones; a platform without an importer is an error of the model.
[[nodiscard]] Result<RknnJob> ReadRknnJob(const std::string& path);

}  // namespace plumb::cli
