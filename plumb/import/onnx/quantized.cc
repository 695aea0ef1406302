// ONNX Runtime's operators on quantized tensors (domain com.microsoft): dequantized, computed in
// f32, quantized again.

#include "plumb/import/onnx/composites.h"
#include "plumb/ops/import_rules.h"

namespace plumb::onnx {
namespace {

using ir::ValueId;
using ops::ForeignNode;

// Inputs first, first + 1, first + 2: the tensor, its scale, its zero point.
ValueId Dequantized(ForeignNode& node, size_t first) {
  std::vector<ValueId> inputs = {node.inputs[first], node.inputs[first + 1]};
  if (node.HasInput(first + 2)) {
    inputs.push_back(node.inputs[first + 2]);
  }
  return node.EmitHelper("dequantize_linear", std::move(inputs), {{"axis", int64_t{0}}});
}

// Scale and zero point of the output are inputs first and first + 1. Without a zero point the
// output is u8.
void EmitQuantized(ForeignNode& node, ValueId real, size_t first) {
  std::vector<ValueId> inputs = {real, node.inputs[first]};
  Attributes attributes = {{"axis", int64_t{0}}};
  if (node.HasInput(first + 1)) {
    inputs.push_back(node.inputs[first + 1]);
  } else {
    attributes.Set("dtype", std::string("u8"));
  }
  node.EmitOutput("quantize_linear", std::move(inputs), std::move(attributes));
}

template <ops::FixedString kOp>
Status ImportOfTwo(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(7, 8));
  const ValueId a = Dequantized(node, 0);
  const ValueId b = Dequantized(node, 3);
  EmitQuantized(node, node.EmitHelper(kOp.view(), {a, b}), 6);
  return {};
}

Status ImportSigmoid(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(4, 5));
  EmitQuantized(node, node.EmitHelper("sigmoid", {Dequantized(node, 0)}), 3);
  return {};
}

Status ImportLeakyRelu(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(4, 5));
  ops::ForeignAttributes in(node);
  const float alpha = in.Float("alpha", 0.01f);
  PLUMB_RETURN_IF_ERROR(in.status());
  EmitQuantized(node, node.EmitHelper("leaky_relu", {Dequantized(node, 0)}, {{"alpha", alpha}}), 3);
  return {};
}

Status ImportGlobalAveragePool(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(4, 5));
  ops::ForeignAttributes in(node);
  const int64_t channels_last = in.Int("channels_last", 0);
  PLUMB_RETURN_IF_ERROR(in.status());
  if (channels_last != 0) {
    return InvalidModel(node.Describe(), ": channels_last is ", channels_last,
                        ", which is not supported; expected 0");
  }
  const ValueId x = Dequantized(node, 0);
  const ValueId mean =
      node.EmitHelper("reduce_mean", {x, ops::EmitAxesFrom(node, x, 2)},
                      {{"keepdims", int64_t{1}}, {"noop_with_empty_axes", int64_t{1}}});
  EmitQuantized(node, mean, 3);
  return {};
}

// The output's scale and zero point come first, then three inputs for each part.
Status ImportConcat(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(5, SIZE_MAX));
  ops::ForeignAttributes in(node);
  const int64_t axis = in.Int("axis", 0);
  PLUMB_RETURN_IF_ERROR(in.status());
  std::vector<ValueId> parts;
  for (size_t i = 2; i < node.inputs.size(); i += 3) {
    if (!node.HasInput(i) || !node.HasInput(i + 1)) {
      return InvalidModel(node.Describe(), ": input ", i, " or ", i + 1,
                          " is left out; expected a tensor and its scale");
    }
    parts.push_back(Dequantized(node, i));
  }
  EmitQuantized(node, node.EmitHelper("concat", std::move(parts), {{"axis", axis}}), 0);
  return {};
}

constexpr ops::ImportRule kRules[] = {
    {"onnx", "com.microsoft:QLinearAdd", &ImportOfTwo<"add">},
    {"onnx", "com.microsoft:QLinearMul", &ImportOfTwo<"mul">},
    {"onnx", "com.microsoft:QLinearSigmoid", &ImportSigmoid},
    {"onnx", "com.microsoft:QLinearLeakyRelu", &ImportLeakyRelu},
    {"onnx", "com.microsoft:QLinearGlobalAveragePool", &ImportGlobalAveragePool},
    {"onnx", "com.microsoft:QLinearConcat", &ImportConcat},
};

}  // namespace

std::span<const ops::ImportRule> QuantizedRules() { return kRules; }

}  // namespace plumb::onnx
