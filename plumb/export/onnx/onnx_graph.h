// An ONNX graph under construction: names, nodes, constants, ports; and how it becomes a file.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plumb/base/attributes.h"
#include "plumb/base/dtype.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::exporting {

inline constexpr int kOnnxOpset = 17;     // of what is written: ONNX Runtime from 1.12 on
inline constexpr int kOnnxIrVersion = 8;  // the one that came with this opset

struct OnnxFiles {
  std::string model;
  uint64_t model_bytes = 0;
  std::string data;  // beside the model; empty when the constants stand in it
  uint64_t data_bytes = 0;
};

class OnnxGraph {
 public:
  struct Port {
    std::string name;
    DType dtype = DType::kNone;
    Shape shape;
  };
  struct Node {
    std::string op;
    std::vector<std::string> inputs;  // "": an optional input left out
    std::vector<std::string> outputs;
    Attributes attributes;
  };

  // Keeps a name for a port; every other name that asks for it gets another one.
  void Reserve(const std::string& name) { names_.insert(name); }
  // `wanted`, or the first of wanted_2, wanted_3 ... that is free.
  [[nodiscard]] std::string UniqueName(std::string_view wanted);

  // Adds a node; gives the names of its outputs. Add: of its only one.
  std::string Add(std::string_view op, std::vector<std::string> inputs, std::string_view output,
                  Attributes attributes = {});
  std::vector<std::string> AddMany(std::string_view op, std::vector<std::string> inputs,
                                   const std::vector<std::string>& outputs,
                                   Attributes attributes = {});
  // A node that writes the port `output`, whose name was reserved.
  void AddPort(std::string_view op, std::vector<std::string> inputs, const std::string& output,
               Attributes attributes = {});
  // A constant. Small ones that are equal share one name.
  std::string Constant(std::string_view wanted, Tensor tensor);
  template <typename T>
  std::string Scalar(std::string_view wanted, T value) {
    return Constant(wanted, Tensor::Of<T>({}, std::vector<T>{value}));
  }
  template <typename T>
  std::string Vector(std::string_view wanted, const std::vector<T>& values) {
    return Constant(wanted, Tensor::Of<T>({static_cast<int64_t>(values.size())}, values));
  }

  void AddInput(Port port) { inputs_.push_back(std::move(port)); }
  void AddOutput(Port port) { outputs_.push_back(std::move(port)); }
  void AddMetadata(std::string key, std::string value) {
    metadata_.emplace_back(std::move(key), std::move(value));
  }

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::map<std::string, Tensor>& constants() const { return constants_; }
  [[nodiscard]] const std::vector<Port>& inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<Port>& outputs() const { return outputs_; }

  // Writes the model; each file is there whole or not at all, the data before the model that names it. Constants go to a file
  // beside it, <path>.data, when all of them together exceed `most_inside` bytes (a message of
  // protobuf holds 2 GiB).
  [[nodiscard]] Result<OnnxFiles> Write(const std::string& path, std::string_view name,
                                        std::string_view producer_version,
                                        uint64_t most_inside) const;

 private:
  std::vector<Node> nodes_;
  std::vector<std::string> constant_order_;
  std::map<std::string, Tensor> constants_;
  std::map<std::string, std::string> small_constants_;  // type, shape and bytes -> name
  std::vector<Port> inputs_, outputs_;
  std::vector<std::pair<std::string, std::string>> metadata_;
  std::set<std::string> names_;
  std::map<std::string, int> next_suffix_;
};

// A tensor in a file of its own, as ONNX's test data has them.
Status WriteTensorProto(const std::string& path, std::string_view name, const Tensor& tensor);

// The number of an element type in ONNX's TensorProto.
[[nodiscard]] int32_t OnnxElementType(DType type);

}  // namespace plumb::exporting
