// Constant and ConstantOfShape.

#include "plumb/import/onnx/composites.h"
#include "plumb/ops/import_rules.h"

namespace plumb::onnx {
namespace {

using ops::ForeignNode;

Result<Tensor> ConstantValue(const ForeignNode& node) {
  if (const auto found = node.tensors.find("value"); found != node.tensors.end()) {
    return found->second;
  }
  ops::ForeignAttributes in(node);
  Tensor tensor;
  if (in.Has("value_float")) {
    tensor = Tensor::Of<float>({}, std::vector<float>{in.Float("value_float", 0.0f)});
  } else if (in.Has("value_int")) {
    tensor = Tensor::Of<int64_t>({}, std::vector<int64_t>{in.Int("value_int", 0)});
  } else if (in.Has("value_floats")) {
    const std::vector<float> values = in.Floats("value_floats");
    tensor = Tensor::Of<float>({static_cast<int64_t>(values.size())}, values);
  } else if (in.Has("value_ints")) {
    const std::vector<int64_t> values = in.Ints("value_ints");
    tensor = Tensor::Of<int64_t>({static_cast<int64_t>(values.size())}, values);
  } else {
    return InvalidModel(node.Describe(), ": expected a dense value of numbers (strings and sparse ",
                        "values are not supported)");
  }
  PLUMB_RETURN_IF_ERROR(in.status());
  return tensor;
}

Status ImportConstant(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(0, 0));
  PLUMB_ASSIGN_OR_RETURN(Tensor value, ConstantValue(node));
  node.AliasOutput(0, node.graph->AddConstant(node.output_names[0], std::move(value)));
  return {};
}

Status ImportConstantOfShape(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  Tensor value(DType::kF32, {1});
  if (const auto found = node.tensors.find("value"); found != node.tensors.end()) {
    value = found->second;
    if (value.size() != 1) {
      return InvalidModel(node.Describe(), ": value has ", value.size(), " elements; expected one");
    }
  }
  value.Reshape({});
  node.EmitOutput("expand", {node.EmitConstant(std::move(value), "value"), node.inputs[0]});
  return {};
}

constexpr ops::ImportRule kRules[] = {{"onnx", "Constant", &ImportConstant},
                                      {"onnx", "ConstantOfShape", &ImportConstantOfShape}};

}  // namespace

std::span<const ops::ImportRule> ConstantRules() { return kRules; }

}  // namespace plumb::onnx
