// The graph: typed values and the nodes that make them. A value type itself: copying a Graph copies it whole (constants,
// which nobody changes, are shared). Every stage of the compiler takes a Graph and returns one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/base/attributes.h"
#include "plumb/base/quantization.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::ir {

// One dimension: a size, or a named unknown ("batch"), or an unnamed unknown.
struct Dim {
  int64_t size = -1;   // -1 when unknown
  std::string symbol;  // the name of the unknown; empty otherwise
  [[nodiscard]] bool known() const { return size >= 0; }
  bool operator==(const Dim&) const = default;
};

// Element type and shape. `dtype` kNone: not inferred yet. No dims and `ranked` false: rank unknown.
struct TensorType {
  DType dtype = DType::kNone;
  std::vector<Dim> dims;
  bool ranked = false;

  TensorType() = default;
  TensorType(DType type, std::vector<Dim> d) : dtype(type), dims(std::move(d)), ranked(true) {}
  TensorType(DType type, const Shape& shape);
  [[nodiscard]] bool known() const;            // element type, rank and every size
  [[nodiscard]] Shape shape() const;           // requires known()
  [[nodiscard]] std::string ToString() const;  // "f32[1x3x640x640]", "f32[batchx3x?x224]", "f32[*]"
  bool operator==(const TensorType&) const = default;
};

using ValueId = int32_t;
using NodeId = int32_t;
inline constexpr int32_t kNone = -1;  // no value (an optional input left out), no node

struct Value {
  std::string name;  // unique among the living; survives rewrites, users name it
  TensorType type;
  Quantization
      quantization;  // of an integer tensor; on a float constant: the grid its values lie on
  std::shared_ptr<const Tensor> constant;  // set for constants
  NodeId producer = kNone;                 // kNone for constants and graph inputs
};

struct Node {
  std::string op;    // an operator's name: "conv", "hard_swish"
  std::string name;  // unique; from the model file where it gave one
  Attributes attributes;
  std::vector<ValueId> inputs;  // kNone where an optional input is left out
  std::vector<ValueId> outputs;
  std::string origin;  // where it came from, for messages: "Conv 'model.0/conv' (onnx)"
};

// A graph output: the name and type that the model file promises, and the value that holds it.
struct Output {
  std::string name;
  ValueId value = kNone;
  DType dtype = DType::
      kNone;  // the type the model's user sees (f16 for a half model, though computed in f32)
};
struct Input {
  ValueId value = kNone;       // its name is the input's name
  DType dtype = DType::kNone;  // the type the model's user sees
};

class Graph {
 public:
  std::string name;
  std::vector<Input> inputs;
  std::vector<Output> outputs;

  // --- making ---
  // A name already taken gets a suffix ("x", "x.1", ...).
  ValueId AddValue(std::string_view name, TensorType type = {});
  ValueId AddConstant(std::string_view name, Tensor tensor, Quantization grid = {});
  ValueId AddInput(std::string_view name,
                   TensorType type);  // a value, entered into `inputs` with its own dtype
  void AddOutput(std::string_view name,
                 ValueId value);  // entered into `outputs` with the value's dtype
  // Makes `outputs` the products of the new node; they must have no producer yet.
  NodeId AddNode(std::string_view op, std::string_view name, std::vector<ValueId> inputs,
                 std::vector<ValueId> outputs, Attributes attributes = {},
                 std::string_view origin = {});
  // The usual case: one new output value, named `name`, of type `type`. Returns the value.
  ValueId Emit(std::string_view op, std::string_view name, std::vector<ValueId> inputs,
               Attributes attributes = {}, TensorType type = {}, std::string_view origin = {});

  // --- looking ---
  [[nodiscard]] const Value& value(ValueId id) const { return values_[static_cast<size_t>(id)]; }
  [[nodiscard]] Value& value(ValueId id) { return values_[static_cast<size_t>(id)]; }
  [[nodiscard]] const Node& node(NodeId id) const { return nodes_[static_cast<size_t>(id)]; }
  [[nodiscard]] Node& node(NodeId id) { return nodes_[static_cast<size_t>(id)]; }
  [[nodiscard]] bool alive(NodeId id) const { return alive_[static_cast<size_t>(id)]; }
  [[nodiscard]] size_t value_count() const { return values_.size(); }  // ids run from 0
  [[nodiscard]] size_t node_count() const { return nodes_.size(); }    // living and removed
  [[nodiscard]] bool IsConstant(ValueId id) const {
    return id != kNone && value(id).constant != nullptr;
  }
  [[nodiscard]] const Tensor* ConstantOf(ValueId id) const {
    return id == kNone ? nullptr : value(id).constant.get();
  }
  [[nodiscard]] bool IsOutput(ValueId id) const;  // of the graph
  // Living nodes that read the value, each once, in id order.
  [[nodiscard]] std::vector<NodeId> Users(ValueId id) const;
  // The one node that reads the value, or kNone if none or several do or if it is a graph output.
  [[nodiscard]] NodeId OnlyUser(ValueId id) const;
  // The living node that makes the value and has this op, or kNone.
  [[nodiscard]] NodeId ProducerWithOp(ValueId id, std::string_view op) const;
  // Living nodes, every one after those whose outputs it reads; ties in id order. Cycles are an error of the model.
  [[nodiscard]] Result<std::vector<NodeId>> TopologicalOrder() const;
  // As above for graphs that the verifier has passed.
  [[nodiscard]] std::vector<NodeId> Order() const;
  [[nodiscard]] std::optional<ValueId> FindValue(std::string_view name) const;

  // --- rewriting ---
  void SetInput(NodeId node, size_t index, ValueId value);
  // Every reader of `from`, graph outputs included, reads `to` instead.
  void ReplaceUses(ValueId from, ValueId to);
  // Makes `value` the product of `node` at `index` in place of the one there, which loses its producer. Use this to let a
  // rewritten node keep the old value, with its name and readers. The value's former producer must be removed after.
  void TakeOutput(NodeId node, size_t index, ValueId value);
  // Removes the node; its outputs lose their producer (and must have lost their readers, or get a new producer).
  void RemoveNode(NodeId node);
  void MakeConstant(ValueId value,
                    Tensor tensor);  // the value becomes a constant; its producer must be gone
  // Removes nodes whose outputs nobody reads. Returns how many.
  int RemoveDeadNodes();
  [[nodiscard]] std::string FreshName(std::string_view wanted);

 private:
  friend class UserIndex;
  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<bool> alive_;
  std::vector<std::vector<NodeId>> users_;  // by value; a node twice if it reads the value twice
  std::map<std::string, ValueId, std::less<>> by_name_;
  std::map<std::string, int, std::less<>> suffixes_;
};

}  // namespace plumb::ir
