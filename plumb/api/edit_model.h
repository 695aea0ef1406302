// plumb onnx-edit: an ONNX model with other shapes of inputs and outputs, and the samples that fit it.
#pragma once

#include <string>

#include "plumb/base/status.h"
#include "plumb/import/onnx/edit_ports.h"

namespace plumb {

struct EditModelOptions {
  std::string model, output;  // .onnx
  onnx::PortEdits edits;
  std::string dataset;  // a list with one sample a line; may be empty
};

struct EditModelResult {
  std::string
      dataset;  // the list written beside the output, dataset_for_<output>.txt; empty: none was given
  size_t arrays = 0;  // of it, rewritten as <output>_<sample>_<input>.npy
};

// Everything that can be wrong is found before the first file is written.
[[nodiscard]] Result<EditModelResult> EditModel(const EditModelOptions& options);

}  // namespace plumb
