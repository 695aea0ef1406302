#include "plumb/ops/lowering.h"

namespace plumb::ops {

LowerContext::LowerContext(const ir::Graph& graph, artifact::Program& program)
    : graph_(graph), program_(program), tensor_of_(graph.value_count(), -1) {}

int32_t LowerContext::TensorOf(ir::ValueId id) {
  if (id == ir::kNone) {
    return -1;
  }
  int32_t& tensor = tensor_of_[static_cast<size_t>(id)];
  if (tensor < 0) {
    const ir::Value& v = value(id);
    tensor = v.constant != nullptr
                 ? program_.AddConstant(v.name, v.constant, v.quantization)
                 : program_.AddTensor({v.name, v.type.dtype, v.type.shape(), v.quantization, -1});
  }
  return tensor;
}

int32_t LowerContext::AddConstant(std::string name, Tensor tensor, Quantization quantization) {
  return program_.AddConstant(std::move(name), std::make_shared<const Tensor>(std::move(tensor)),
                              std::move(quantization));
}

int32_t LowerContext::AddTensor(std::string name, DType dtype, Shape shape,
                                Quantization quantization) {
  return program_.AddTensor(
      {std::move(name), dtype, std::move(shape), std::move(quantization), -1});
}

void LowerContext::AddRecord(const ir::Node& node, std::string_view op, std::vector<int32_t> inputs,
                             std::vector<int32_t> outputs, Attributes attributes, int version) {
  artifact::Record record;
  record.op = op;
  record.version = version;
  record.name = node.name;
  record.inputs = std::move(inputs);
  record.outputs = std::move(outputs);
  record.attributes = std::move(attributes);
  program_.records.push_back(std::move(record));
}

std::vector<int32_t> LowerContext::TensorsOf(std::span<const ir::ValueId> ids) {
  std::vector<int32_t> tensors;
  for (ir::ValueId id : ids) {
    tensors.push_back(TensorOf(id));
  }
  return tensors;
}

void LowerContext::AddPlainRecord(const ir::Node& node) {
  AddRecord(node, node.op, TensorsOf(node.inputs), TensorsOf(node.outputs), node.attributes);
}

}  // namespace plumb::ops
