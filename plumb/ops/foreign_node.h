// A node of a model file, format-neutral: what import rules read, and how they emit IR nodes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/base/attributes.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/ir/graph.h"

namespace plumb::ops {

class ForeignNode {
 public:
  ir::Graph* graph = nullptr;  // where to emit
  std::string format;          // "onnx"
  std::string type;            // "Conv"
  std::string name;            // as in the file, or made up from its first output
  int64_t version = 0;         // the opset in force for its domain
  Attributes attributes;
  std::map<std::string, Tensor, std::less<>> tensors;  // tensor-valued attributes
  std::vector<ir::ValueId> inputs;                     // ir::kNone where left out
  std::vector<std::string> output_names;               // "" where left out

  [[nodiscard]] std::string Describe() const;  // "Conv 'model.0/conv' (onnx, opset 12)"
  [[nodiscard]] bool HasInput(size_t i) const {
    return i < inputs.size() && inputs[i] != ir::kNone;
  }
  [[nodiscard]] bool HasOutput(size_t i) const {
    return i < output_names.size() && !output_names[i].empty();
  }
  // The constant behind input i or nullptr. Constants computed from others are not folded yet at
  // import.
  [[nodiscard]] const Tensor* ConstantInput(size_t i) const {
    return HasInput(i) ? graph->ConstantOf(inputs[i]) : nullptr;
  }
  Status RequireInputs(size_t min, size_t max) const;

  // Emits an IR node whose single output is output `index` of this node, under its name.
  void EmitOutput(std::string_view op, std::vector<ir::ValueId> in, Attributes attributes = {},
                  size_t index = 0);
  // Emits an IR node with all outputs of this node.
  void EmitOutputs(std::string_view op, std::vector<ir::ValueId> in, Attributes attributes = {});
  // Emits a helper node in front; its value is named after this node's first output.
  ir::ValueId EmitHelper(std::string_view op, std::vector<ir::ValueId> in,
                         Attributes attributes = {});
  ir::ValueId EmitConstant(Tensor tensor, std::string_view suffix = "const");
  // Declares that output `index` is the existing value (an identity without a node).
  void AliasOutput(size_t index, ir::ValueId value);

  std::vector<ir::ValueId>
      results;  // by output index; filled by the Emit functions, kNone where left out
};

}  // namespace plumb::ops
