#include <cmath>
#include <limits>

#include "plumb/artifact/validator.h"

namespace plumb::artifact {
namespace {

struct Limits {
  double low, high;
};

// What noise of an integer type may reach: its range, and no more than doubles hold exactly.
Limits LimitsOf(DType dtype) {
  constexpr double kExact = 0x1p53;
  switch (dtype) {
    case DType::kS8:
      return {-128, 127};
    case DType::kU8:
      return {0, 255};
    case DType::kS16:
      return {-32768, 32767};
    case DType::kU16:
      return {0, 65535};
    case DType::kS32:
      return {-0x1p31, 0x1p31 - 1};
    case DType::kU32:
      return {0, 0x1p32 - 1};
    case DType::kU64:
      return {0, kExact};
    case DType::kBool:
      return {0, 1};
    default:
      return {-kExact, kExact};
  }
}

bool GoodNoise(const GoldenInput& input, DType dtype) {
  if (IsFloat(dtype)) {
    // The width must not overflow what the noise is computed in.
    constexpr double kMost = std::numeric_limits<float>::max() / 4;
    return std::fabs(input.low) <= kMost && std::fabs(input.high) <= kMost &&
           input.low <= input.high;
  }
  const Limits limits = LimitsOf(dtype);
  return input.low >= limits.low && input.high <= limits.high && input.low <= input.high &&
         std::trunc(input.low) == input.low && std::trunc(input.high) == input.high;
}

Status ValidateInput(const GoldenInput& input, size_t index, const Artifact& artifact) {
  const Port& port = artifact.program.inputs[index];
  const TensorInfo& info = artifact.program.tensors[static_cast<size_t>(port.tensor)];
  if (input.source == GoldenSource::kNoise) {
    return GoodNoise(input, info.dtype)
               ? Status()
               : InvalidModel("golden vectors: noise within ", input.low, "..", input.high,
                              " for input '", port.name, "', which is ", DTypeName(info.dtype));
  }
  if (input.source != GoldenSource::kPicture) {
    return InvalidModel("golden vectors: a kind of input that does not exist");
  }
  for (const PictureInput& picture : artifact.io.pictures) {
    if (picture.input == static_cast<int32_t>(index)) {
      const bool fits = input.width >= 1 && input.height >= 1 && input.width <= picture.width &&
                        input.height <= picture.height && input.width <= kMaxGoldenSide &&
                        input.height <= kMaxGoldenSide;
      // An input of several pictures has a leading dimension; only one travels.
      const int64_t values = int64_t{picture.width} * picture.height * picture.channels();
      if (!fits || info.dtype != DType::kF32 || NumElements(info.shape) != values) {
        return InvalidModel("golden vectors: a picture of ", input.width, "x", input.height,
                            " for input '", port.name, "', a ", DTypeName(info.dtype),
                            " tensor of shape ", ShapeToString(info.shape));
      }
      return {};
    }
  }
  return InvalidModel("golden vectors: a picture for input '", port.name,
                      "', which has no picture in the I/O contract");
}

Status ValidateVector(const GoldenVector& vector, const Artifact& artifact) {
  const Program& program = artifact.program;
  if (vector.inputs.size() != program.inputs.size() ||
      vector.hashes.size() != program.records.size()) {
    return InvalidModel("golden vectors: ", vector.inputs.size(), " inputs and ",
                        vector.hashes.size(), " hashes; expected ", program.inputs.size(), " and ",
                        program.records.size());
  }
  for (size_t i = 0; i < vector.inputs.size(); ++i) {
    PLUMB_RETURN_IF_ERROR(ValidateInput(vector.inputs[i], i, artifact));
  }
  if (static_cast<uint8_t>(vector.result) > static_cast<uint8_t>(GoldenResult::kClasses)) {
    return InvalidModel("golden vectors: a kind of result that does not exist");
  }
  return {};
}

}  // namespace

Status ValidateGolden(const Artifact& artifact) {
  const Golden& golden = artifact.golden;
  const size_t records = golden.empty() ? 0 : artifact.program.records.size();
  if (golden.vectors.size() > kMaxGoldenVectors || golden.definitions.size() != records) {
    return InvalidModel("golden vectors: ", golden.vectors.size(), " vectors with ",
                        golden.definitions.size(), " definitions; expected at most ",
                        kMaxGoldenVectors, " and ", records);
  }
  for (const GoldenVector& vector : golden.vectors) {
    PLUMB_RETURN_IF_ERROR(ValidateVector(vector, artifact));
  }
  return {};
}

}  // namespace plumb::artifact
