// Graph inputs of an ONNX model: types, and symbolic dimensions fixed by options or kept as the
// batch.
#pragma once

#include <vector>

#include "plumb/import/onnx/import.h"

namespace plumb::onnx {

class ValueInfoProto;

struct InputType {
  std::string name;
  DType dtype = DType::kNone;  // as the file has it
  Shape shape;
};
struct InputTypes {
  std::vector<InputType> inputs;
  bool symbolic_batch = false;
};
[[nodiscard]] Result<InputTypes> ReadInputTypes(const std::vector<const ValueInfoProto*>& inputs,
                                                const ImportOptions& options);

}  // namespace plumb::onnx
