#include "plumb/api/pixel_input.h"

#include <algorithm>

namespace plumb {

std::optional<PixelInput> TakePixels(const artifact::Program& program,
                                     const artifact::PictureInput& input) {
  const int32_t tensor = program.inputs[static_cast<size_t>(input.input)].tensor;
  std::optional<size_t> reader;
  for (size_t r = 0; r < program.records.size(); ++r) {
    const std::vector<int32_t>& inputs = program.records[r].inputs;
    if (std::find(inputs.begin(), inputs.end(), tensor) == inputs.end()) {
      continue;
    }
    if (reader.has_value() || program.records[r].op != "quantize") {
      return std::nullopt;
    }
    reader = r;
  }
  const auto is_output = [&](int32_t t) {
    return std::any_of(program.outputs.begin(), program.outputs.end(),
                       [&](const artifact::Port& port) { return port.tensor == t; });
  };
  if (!reader.has_value() || is_output(tensor)) {
    return std::nullopt;
  }
  const int32_t quantized = program.records[*reader].outputs[0];
  const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(quantized)];
  const Shape interleaved = {1, input.height, input.width, input.channels()};
  if (info.dtype != DType::kS8 || info.shape != interleaved ||
      info.quantization.scale.size() != 1 || is_output(quantized)) {
    return std::nullopt;
  }
  auto changed = std::make_shared<artifact::Program>(program);
  changed->records.erase(changed->records.begin() + static_cast<int64_t>(*reader));
  artifact::Port& port = changed->inputs[static_cast<size_t>(input.input)];
  port.tensor = quantized;
  port.dtype = DType::kS8;
  return PixelInput{std::move(changed), vision::MakePixelTables(input, info.quantization.scale[0],
                                                                info.quantization.zero_point[0])};
}

}  // namespace plumb
