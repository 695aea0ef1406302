// Every layer of a model in an artifact made of it: its error, and its tensors as files.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/api/progress.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/verify/tensor_table.h"

namespace plumb {

// How tensors are written.
enum class TensorForm {
  kNpy,   // f32, with its shape
  kText,  // one number a line, row-major, with as many digits as tell it from its neighbours
};

struct LayerTableOptions {
  // Folder to make: layers.json and, of sample i, i/float/FILE and i/artifact/FILE. Empty: nothing is written. It appears whole
  // or not at all; one that an earlier run made is replaced, another one must be empty.
  std::string folder;
  TensorForm form = TensorForm::kNpy;
  int threads = 1;
  Progress progress;
};

struct LayerTable {
  std::vector<verify::TensorRow> rows;
  std::vector<std::string> files;  // by row, without folders; empty: none was written
  size_t samples = 0;
};

// {"samples": 1, "layers": [{"kind": "layer", "name": "y", ...}]}: docs/schema/verify_layers.json
[[nodiscard]] nlohmann::ordered_json LayerTableJson(const LayerTable& table);

// Whether the table can be written there: before anything is computed.
Status CheckTableFolder(const std::string& folder);

// `model`: the canonical float model that the artifact was made of. `imported`: the options it was read with.
[[nodiscard]] Result<LayerTable> MakeLayerTable(const Model& artifact, const Model& model,
                                                const ModelOptions& imported,
                                                std::span<const std::vector<Tensor>> samples,
                                                const LayerTableOptions& options);

// Names of files for tensors of these names: characters outside [A-Za-z0-9._-] become '_', long ones are cut, and each is another
// one, however letters' case is seen.
[[nodiscard]] std::vector<std::string> FileNamesOf(std::span<const std::string> names,
                                                   std::string_view ending);

}  // namespace plumb
