// What inference rules and constraints of many operators share: broadcasting, axes, constants that
// are parameters.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/ops/op_def.h"

namespace plumb::ops {

using Types = std::vector<ir::TensorType>;

[[nodiscard]] inline Types OneType(DType dtype, const Shape& shape) {
  return {ir::TensorType(dtype, shape)};
}

// The shape two tensors broadcast to (numpy's rule), or nothing when they do not.
[[nodiscard]] std::optional<Shape> Broadcast(const Shape& a, const Shape& b);

// `axis` counted from the front, or nothing when it is outside [-rank, rank).
[[nodiscard]] std::optional<int64_t> NormalizeAxis(int64_t axis, int64_t rank);
// All of them, sorted; nothing when one is outside or named twice.
[[nodiscard]] std::optional<std::vector<int64_t>> NormalizeAxes(std::span<const int64_t> axes,
                                                                int64_t rank);

// The elements of a constant as wide integers or floats; nothing for other element types.
[[nodiscard]] std::optional<std::vector<int64_t>> IntsOf(const Tensor& tensor);
[[nodiscard]] std::optional<std::vector<float>> FloatsOf(const Tensor& tensor);

// Input i as a list of integers or floats. An error when it is not a constant: `what` names it
// ("shape").
[[nodiscard]] Result<std::vector<int64_t>> ParameterInts(const NodeView& node, size_t i,
                                                         std::string_view what);
[[nodiscard]] Result<std::vector<float>> ParameterFloats(const NodeView& node, size_t i,
                                                         std::string_view what);
// Exactly one element.
[[nodiscard]] Result<int64_t> ParameterInt(const NodeView& node, size_t i, std::string_view what);

// Output types for operators that return their first input's type.
[[nodiscard]] Result<Types> InferSameType(const NodeView& node);

// An error of inference: "Reshape 'a' (onnx): expected ..., found ...".
template <typename... Args>
Status NodeError(const NodeView& node, const Args&... args) {
  return InvalidModel(node.Describe(), ": ", args...);
}

[[nodiscard]] inline bool IsInteger(DType type) {
  return !IsFloat(type) && type != DType::kBool && type != DType::kNone;
}
// x, weights, bias?, factors of a product in integers: s8, s8, s32, f32 or s16, s8 or s16, s64, f32.
[[nodiscard]] bool IntegerProductTypesFit(const NodeView& node);
[[nodiscard]] inline bool IsIndex(DType type) { return type == DType::kS32 || type == DType::kS64; }

// Text for `found` of constraints.
[[nodiscard]] std::string FoundTypes(const NodeView& node);       // "inputs f32[1x3], s64[2]"
[[nodiscard]] std::string FoundInputCount(const NodeView& node);  // "3 inputs"
[[nodiscard]] std::string FoundOutputCount(const NodeView& node);

// At least kMin and at most kMax inputs (-1: any number), the first kMin of them present.
template <int kMin, int kMax>
[[nodiscard]] bool TakesInputs(const NodeView& node) {
  if (kMax >= 0 && node.input_count() > static_cast<size_t>(kMax)) {
    return false;
  }
  for (size_t i = 0; i < static_cast<size_t>(kMin); ++i) {
    if (!node.HasInput(i)) {
      return false;
    }
  }
  return true;
}
[[nodiscard]] bool AllInputsPresent(const NodeView& node);
[[nodiscard]] bool InputsShareDType(const NodeView& node);  // of those present
[[nodiscard]] inline bool HaveOneOutput(const NodeView& node) {
  return node.node().outputs.size() == 1;
}

}  // namespace plumb::ops
