// An operator: one place for its import, constraints, shape inference, quantization and lowering.
//
// Families of like operators are one file with a row per operator (unary.cc); an operator with a
// shape of its own is one file (pool.cc). Each file defines a span of OpDefs and is one line in
// ops/op_files.inc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb::ops {

class ForeignNode;   // foreign_node.h: a node of a model file, format-neutral
class LowerContext;  // lowering.h: where records are made

// A node together with what is known of its inputs, for inference and checks.
class NodeView {
 public:
  NodeView(const ir::Graph& graph, const ir::Node& node) : graph_(graph), node_(node) {}
  [[nodiscard]] const ir::Node& node() const { return node_; }
  [[nodiscard]] const Attributes& attributes() const { return node_.attributes; }
  [[nodiscard]] size_t input_count() const { return node_.inputs.size(); }
  [[nodiscard]] bool HasInput(size_t i) const {
    return i < node_.inputs.size() && node_.inputs[i] != ir::kNone;
  }
  [[nodiscard]] const ir::TensorType& type(size_t i) const {
    return graph_.value(node_.inputs[i]).type;
  }
  [[nodiscard]] Shape shape(size_t i) const { return type(i).shape(); }
  [[nodiscard]] DType dtype(size_t i) const { return type(i).dtype; }
  [[nodiscard]] int rank(size_t i) const { return static_cast<int>(type(i).dims.size()); }
  [[nodiscard]] const Quantization& quantization(size_t i) const {
    return graph_.value(node_.inputs[i]).quantization;
  }
  // The constant behind input i, or nullptr.
  [[nodiscard]] const Tensor* constant(size_t i) const {
    return HasInput(i) ? graph_.ConstantOf(node_.inputs[i]) : nullptr;
  }
  // "Conv 'model.0' (onnx)": for messages.
  [[nodiscard]] std::string Describe() const;

 private:
  const ir::Graph& graph_;
  const ir::Node& node_;
};

// A rule an operator's node must satisfy: the sentence is the message, the documentation and the
// label of its test.
struct Constraint {
  std::string_view label;     // "C1"
  std::string_view sentence;  // "input and filter have rank 4"
  bool (*holds)(const NodeView&);
  std::string (*found)(const NodeView&);  // "filter 8x3x3, rank 3"
};

// An attribute that the operator understands; Check refuses one of another kind.
struct AttributeRule {
  enum class Kind { kInt, kFloat, kString, kInts, kFloats, kStrings };
  std::string_view name;
  Kind kind;
};

// How the quantizer treats the operator.
enum class QuantKind {
  kFloat,     // computed in binary32 always
  kDot,       // products summed in integers: conv, matmul, conv_transpose
  kTable,     // a function of one element: a 256-entry table
  kSameGrid,  // moves elements, or picks among them: output on the input's grid (reshape, max_pool,
              // slice, ...)
  kConcat,    // several inputs brought onto one grid
  kAdd,       // sum or difference of two tensors
  kMul,       // product of two tensors
  kAverage,   // mean over elements of one grid: average_pool, reduce_mean
  kBoundary,  // quantize, dequantize
};

// Maps a node of a model file to IR nodes.
struct ImportRule {
  std::string_view format;  // "onnx"
  std::string_view type;    // "Conv"; with a domain other than the default "com.microsoft:Gelu"
  Status (*import)(ForeignNode& node);
};

struct OpDef {
  std::string_view name;
  std::string_view summary;  // one sentence; docs/operators.md and `plumb list operators`
  std::span<const AttributeRule> attributes;
  std::span<const Constraint> constraints;
  // Types of the outputs. All inputs' types are known when it is called; constant inputs that the
  // result depends on may not be constant (then an error that says so).
  Result<std::vector<ir::TensorType>> (*infer)(const NodeView& node);
  std::span<const ImportRule> imports;
  QuantKind quant = QuantKind::kFloat;
  // Makes the node's record(s). nullptr: one record with the node's op, attributes, inputs and
  // outputs.
  Status (*lower)(const ir::Node& node, LowerContext& context) = nullptr;
  // Outputs that the types of the inputs alone decide (shape, size). nullptr: none. For constant
  // folding.
  std::vector<Tensor> (*fold)(const NodeView& node) = nullptr;
  // Writes out attributes that depend on the inputs' types (auto_pad, default strides), in place,
  // once these are known. The inference pass calls it after Infer; idempotent.
  void (*resolve)(const NodeView& node, Attributes& attributes) = nullptr;
};

[[nodiscard]] const OpDef* FindOp(std::string_view name);
[[nodiscard]] std::vector<const OpDef*> AllOps();  // by name
[[nodiscard]] const ImportRule* FindImportRule(std::string_view format, std::string_view type);

// Attribute kinds, constraints and inference of one node; the message names node, rule, expected
// and found.
Status Check(const NodeView& node);
[[nodiscard]] Result<std::vector<ir::TensorType>> Infer(const NodeView& node);

}  // namespace plumb::ops
