// Builds small ONNX models for tests.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "onnx.pb.h"
#include "plumb/import/onnx/import.h"

namespace plumb::onnx {

constexpr int kFloatType = 1;
constexpr int kInt64Type = 7;

class ModelBuilder {
 public:
  explicit ModelBuilder(int64_t opset = 13) {
    model.set_ir_version(8);
    model.add_opset_import()->set_version(opset);
    model.mutable_graph()->set_name("test");
  }

  // A dimension below 0 is free: -1 unnamed, others named "n2", "n3"... by their number.
  ModelBuilder& Input(const std::string& name, const std::vector<int64_t>& dims,
                      int type = kFloatType) {
    Declare(model.mutable_graph()->add_input(), name, dims, type);
    return *this;
  }
  ModelBuilder& Output(const std::string& name, int type = kFloatType) {
    ValueInfoProto* out = model.mutable_graph()->add_output();
    out->set_name(name);
    out->mutable_type()->mutable_tensor_type()->set_elem_type(type);
    return *this;
  }
  ModelBuilder& Floats(const std::string& name, const std::vector<int64_t>& dims,
                       const std::vector<float>& values) {
    TensorProto* t = Tensor(name, dims, kFloatType);
    t->mutable_float_data()->Add(values.begin(), values.end());
    return *this;
  }
  ModelBuilder& Ints(const std::string& name, const std::vector<int64_t>& values) {
    TensorProto* t = Tensor(name, {static_cast<int64_t>(values.size())}, kInt64Type);
    t->mutable_int64_data()->Add(values.begin(), values.end());
    return *this;
  }
  TensorProto* Tensor(const std::string& name, const std::vector<int64_t>& dims, int type) {
    TensorProto* t = model.mutable_graph()->add_initializer();
    t->set_name(name);
    t->mutable_dims()->Add(dims.begin(), dims.end());
    t->set_data_type(type);
    return t;
  }
  ModelBuilder& Node(const std::string& type, const std::vector<std::string>& inputs,
                     const std::vector<std::string>& outputs) {
    NodeProto* n = model.mutable_graph()->add_node();
    n->set_op_type(type);
    for (const std::string& in : inputs) {
      n->add_input(in);
    }
    for (const std::string& out : outputs) {
      n->add_output(out);
    }
    return *this;
  }
  // Attributes of the node added last.
  ModelBuilder& With(const std::string& name, int64_t value) {
    AttributeProto* a = Attribute(name, AttributeProto::INT);
    a->set_i(value);
    return *this;
  }
  ModelBuilder& With(const std::string& name, float value) {
    Attribute(name, AttributeProto::FLOAT)->set_f(value);
    return *this;
  }
  ModelBuilder& With(const std::string& name, const std::string& value) {
    Attribute(name, AttributeProto::STRING)->set_s(value);
    return *this;
  }
  ModelBuilder& With(const std::string& name, const std::vector<int64_t>& values) {
    Attribute(name, AttributeProto::INTS)->mutable_ints()->Add(values.begin(), values.end());
    return *this;
  }
  ModelBuilder& With(const std::string& name, const std::vector<float>& values) {
    Attribute(name, AttributeProto::FLOATS)->mutable_floats()->Add(values.begin(), values.end());
    return *this;
  }
  AttributeProto* Attribute(const std::string& name, int type) {
    auto* nodes = model.mutable_graph()->mutable_node();
    AttributeProto* a = nodes->Mutable(nodes->size() - 1)->add_attribute();
    a->set_name(name);
    a->set_type(type);
    return a;
  }
  NodeProto* LastNode() {
    auto* nodes = model.mutable_graph()->mutable_node();
    return nodes->Mutable(nodes->size() - 1);
  }

  [[nodiscard]] std::string Bytes() const { return model.SerializeAsString(); }
  [[nodiscard]] Result<ImportedModel> Import(const ImportOptions& options = {},
                                             const std::filesystem::path& base_dir = ".") const {
    const std::string bytes = Bytes();
    return ImportOnnxBytes(std::as_bytes(std::span(bytes)), base_dir, options);
  }

  ModelProto model;

 private:
  static void Declare(ValueInfoProto* value, const std::string& name,
                      const std::vector<int64_t>& dims, int type) {
    value->set_name(name);
    auto* tensor = value->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(type);
    tensor->mutable_shape();
    for (int64_t dim : dims) {
      auto* d = tensor->mutable_shape()->add_dim();
      if (dim >= 0) {
        d->set_dim_value(dim);
      } else if (dim < -1) {
        d->set_dim_param("n" + std::to_string(-dim));
      }
    }
  }
};

}  // namespace plumb::onnx
