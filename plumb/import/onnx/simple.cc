// Operators that are a few primitives: Dropout, Mean, Hardmax, Shrink, Swish.

#include "plumb/import/onnx/composites.h"
#include "plumb/ops/import_rules.h"

namespace plumb::onnx {
namespace {

using ir::ValueId;
using ops::EmitFloat;
using ops::EmitInt;
using ops::ForeignAttributes;
using ops::ForeignNode;

// At inference nothing is dropped, and the mask is all true.
Status ImportDropout(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 3));
  if (node.HasInput(2)) {
    const Tensor* training = node.ConstantInput(2);
    if (training == nullptr || training->dtype() != DType::kBool || training->size() != 1 ||
        *static_cast<const uint8_t*>(training->raw()) != 0) {
      return InvalidModel(node.Describe(), ": training_mode is not false; expected a network ",
                          "exported for inference");
    }
  }
  node.EmitOutput("identity", {node.inputs[0]});
  if (node.HasOutput(1)) {
    Tensor yes(DType::kBool, {});
    *static_cast<uint8_t*>(yes.raw()) = 1;
    node.EmitOutput(
        "expand",
        {node.EmitConstant(std::move(yes), "true"), node.EmitHelper("shape", {node.inputs[0]})}, {},
        1);
  }
  return {};
}

Status ImportMean(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, SIZE_MAX));
  ValueId sum = ir::kNone;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (!node.HasInput(i)) {
      return InvalidModel(node.Describe(), ": input ", i, " is left out; expected a value");
    }
    sum = i == 0 ? node.inputs[0] : node.EmitHelper("add", {sum, node.inputs[i]});
  }
  if (node.inputs.size() == 1) {
    node.EmitOutput("identity", {sum});
    return {};
  }
  node.EmitOutput("div", {sum, EmitFloat(node, static_cast<float>(node.inputs.size()), "count")});
  return {};
}

// One at the largest element along the axis; before opset 13 along all axes from it on.
Status ImportHardmax(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  const bool as_matrix = node.version < 13;
  int64_t axis = in.Int("axis", as_matrix ? 1 : -1);
  PLUMB_RETURN_IF_ERROR(in.status());
  ValueId x = node.inputs[0];
  if (as_matrix) {
    x = node.EmitHelper("flatten", {x}, {{"axis", axis}});
    axis = 1;
  }
  const ValueId where = node.EmitHelper("argmax", {x}, {{"axis", axis}, {"keepdims", int64_t{0}}});
  const ValueId depth =
      node.EmitHelper("gather", {node.EmitHelper("shape", {x}), EmitInt(node, axis, "axis")});
  const ValueId values =
      node.EmitConstant(Tensor::Of<float>({2}, std::vector<float>{0.0f, 1.0f}), "values");
  if (!as_matrix) {
    node.EmitOutput("one_hot", {where, depth, values}, {{"axis", axis}});
    return {};
  }
  const ValueId ones = node.EmitHelper("one_hot", {where, depth, values}, {{"axis", axis}});
  node.EmitOutput("reshape", {ones, node.EmitHelper("shape", {node.inputs[0]})},
                  {{"allowzero", int64_t{1}}});
  return {};
}

// x - bias above lambd, x + bias below -lambd, else 0.
Status ImportShrink(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  const float bias = in.Float("bias", 0.0f);
  const float lambda = in.Float("lambd", 0.5f);
  PLUMB_RETURN_IF_ERROR(in.status());
  const ValueId x = node.inputs[0];
  const ValueId shift = EmitFloat(node, bias, "bias");
  const ValueId zero = EmitFloat(node, 0.0f, "zero");
  const ValueId above = node.EmitHelper("greater", {x, EmitFloat(node, lambda, "high")});
  const ValueId below = node.EmitHelper("less", {x, EmitFloat(node, -lambda, "low")});
  const ValueId raised = node.EmitHelper("add", {x, shift});
  const ValueId lowered = node.EmitHelper("sub", {x, shift});
  const ValueId inner = node.EmitHelper("where", {below, raised, zero});
  node.EmitOutput("where", {above, lowered, inner});
  return {};
}

// x * sigmoid(alpha * x)
Status ImportSwish(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  const float alpha = in.Float("alpha", node.type == "QuickGelu" ? 1.702f : 1.0f);
  PLUMB_RETURN_IF_ERROR(in.status());
  ValueId scaled = node.inputs[0];
  if (alpha != 1.0f) {
    scaled = node.EmitHelper("mul", {scaled, EmitFloat(node, alpha, "alpha")});
  }
  node.EmitOutput("mul", {node.inputs[0], node.EmitHelper("sigmoid", {scaled})});
  return {};
}

constexpr ops::ImportRule kRules[] = {
    {"onnx", "Dropout", &ImportDropout}, {"onnx", "Mean", &ImportMean},
    {"onnx", "Hardmax", &ImportHardmax}, {"onnx", "Shrink", &ImportShrink},
    {"onnx", "Swish", &ImportSwish},     {"onnx", "com.microsoft:QuickGelu", &ImportSwish},
};

}  // namespace

std::span<const ops::ImportRule> SimpleRules() { return kRules; }

}  // namespace plumb::onnx
