// Where lower hooks make records.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb::ops {

class LowerContext {
 public:
  LowerContext(const ir::Graph& graph, artifact::Program& program);

  [[nodiscard]] const ir::Graph& graph() const { return graph_; }
  [[nodiscard]] const ir::Value& value(ir::ValueId id) const { return graph_.value(id); }
  // The program's tensor for a value, made on first use (constants with their data); -1 for
  // ir::kNone.
  int32_t TensorOf(ir::ValueId id);
  std::vector<int32_t> TensorsOf(std::span<const ir::ValueId> ids);
  int32_t AddConstant(std::string name, Tensor tensor, Quantization quantization = {});
  // A tensor between two records of one node.
  int32_t AddTensor(std::string name, DType dtype, Shape shape, Quantization quantization = {});
  // A record named after the node, with `op`, the given tensors and attributes.
  void AddRecord(const ir::Node& node, std::string_view op, std::vector<int32_t> inputs,
                 std::vector<int32_t> outputs, Attributes attributes = {}, int version = 1);
  // The default lowering: op, inputs, outputs and attributes of the node as they are.
  void AddPlainRecord(const ir::Node& node);

 private:
  const ir::Graph& graph_;
  artifact::Program& program_;
  std::vector<int32_t> tensor_of_;
};

}  // namespace plumb::ops
