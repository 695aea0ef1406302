// Changes the shapes of an ONNX model's inputs and outputs: Reshape and Transpose nodes before and behind the network, which
// stays as it is.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/import/onnx/axis_formula.h"

namespace plumb::onnx {

struct PortEdits {
  std::map<std::string, std::string> inputs,
      outputs;  // formula by name (axis_formula.h): model's shape -> new shape
};

struct EditedModel {
  std::string bytes;
  std::vector<std::string> input_names;  // in the model's order
  bool has_external_data = false;        // files beside the model's belong to it
  std::map<std::string, AxisSteps>
      inputs;  // what an input's array goes through to fit the edited model
};

// `bytes`: a model. Usage errors name the port and what is wrong with its formula; a port needs a fixed shape.
[[nodiscard]] Result<EditedModel> EditPorts(std::string_view bytes, const PortEdits& edits);

}  // namespace plumb::onnx
