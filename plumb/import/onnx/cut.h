// A part of an ONNX model, between tensors that the user names, and inputs that become constants. Done on the file's own
// message, before operators are looked at: what lies outside the part need not be supported.
#pragma once

#include <filesystem>

#include "plumb/import/onnx/import.h"

namespace plumb::onnx {

class ModelProto;

// Nodes and initializers that no output needs go; the tensors named in `cut` become the model's inputs and outputs, in that
// order. Inputs that stand in no list stay where outputs need them; without a list of inputs, or with one of the model's own,
// they are as the model has them. Usage errors name the tensor.
Status ApplyCut(const Cut& cut, ModelProto& model);

// Declares the types of the inner tensors that become inputs, where the file does not: by a shape that `options` gives, else
// by importing what lies before them and `options.infer`. Before ApplyCut.
Status TypeInnerInputs(const std::filesystem::path& base_dir, const ImportOptions& options,
                       ModelProto& model);

}  // namespace plumb::onnx
