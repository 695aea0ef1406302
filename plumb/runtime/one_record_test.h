// For tests of bindings: a program of one record, run on every ISA and with 1 to 3 threads.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "plumb/runtime/session.h"

namespace plumb::runtime {

inline Tensor Random(Shape shape, uint32_t seed) {
  Tensor t(DType::kF32, std::move(shape));
  std::mt19937 rng(seed);
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  for (float& v : t.values<float>()) {
    v = uniform(rng);
  }
  return t;
}

// A program of one record. Tensors given as constants are stored, the others become inputs in
// order; one without a type stands for an optional input left out.
struct OneRecord {
  struct Operand {
    Tensor tensor;
    bool constant = false;
  };
  std::string op;
  std::vector<Operand> operands;
  DType out_type = DType::kF32;
  Shape out_shape;
  Attributes attributes;
  std::vector<Shape> more_outputs = {};  // of the same type

  [[nodiscard]] std::shared_ptr<artifact::Program> Program() const {
    auto program = std::make_shared<artifact::Program>();
    artifact::Record record{op, 1, "node"};
    for (size_t i = 0; i < operands.size(); ++i) {
      const Tensor& t = operands[i].tensor;
      const std::string name = StrCat("in", i);
      if (t.dtype() == DType::kNone) {
        record.inputs.push_back(-1);
      } else if (operands[i].constant) {
        record.inputs.push_back(program->AddConstant(name, std::make_shared<Tensor>(t)));
      } else {
        record.inputs.push_back(program->AddTensor({name, t.dtype(), t.shape()}));
        program->inputs.push_back({name, record.inputs.back(), t.dtype()});
      }
    }
    record.attributes = attributes;
    std::vector<Shape> shapes = {out_shape};
    shapes.insert(shapes.end(), more_outputs.begin(), more_outputs.end());
    for (const Shape& shape : shapes) {
      const std::string name = StrCat("out", record.outputs.size());
      record.outputs.push_back(program->AddTensor({name, out_type, shape}));
      program->outputs.push_back({name, record.outputs.back(), out_type});
    }
    program->records.push_back(std::move(record));
    return program;
  }

  [[nodiscard]] Result<std::vector<Tensor>> RunAll(int threads, Isa isa) const {
    PLUMB_ASSIGN_OR_RETURN(const auto session,
                           Session::Create(Program(), {.threads = threads, .isa = isa}));
    size_t port = 0;
    for (const Operand& operand : operands) {
      if (!operand.constant && operand.tensor.dtype() != DType::kNone) {
        std::memcpy(session->input(port++).raw, operand.tensor.raw(), operand.tensor.bytes());
      }
    }
    PLUMB_RETURN_IF_ERROR(session->Run());
    std::vector<Tensor> outputs;
    for (size_t i = 0; i <= more_outputs.size(); ++i) {
      const ConstTensorView view = session->output(i);
      outputs.emplace_back(view.dtype, Shape(view.shape.begin(), view.shape.end()));
      std::memcpy(outputs.back().raw(), view.raw, outputs.back().bytes());
    }
    return outputs;
  }
  [[nodiscard]] Result<Tensor> Run(int threads, Isa isa) const {
    PLUMB_ASSIGN_OR_RETURN(const auto outputs, RunAll(threads, isa));
    return outputs[0];
  }

  // `expected`: the values of all outputs, one after the other.
  void ExpectEverywhere(const std::vector<float>& expected) const {
    for (Isa isa : AvailableIsas()) {
      for (int threads = 1; threads <= 3; ++threads) {
        const auto outputs = RunAll(threads, isa);
        ASSERT_TRUE(outputs.ok()) << outputs.status().message();
        std::vector<float> values;
        for (const Tensor& output : *outputs) {
          values.insert(values.end(), output.values<float>().begin(), output.values<float>().end());
        }
        EXPECT_EQ(values, expected) << IsaName(isa) << " " << threads;
      }
    }
  }
  [[nodiscard]] std::string Error() const {
    const auto session = Session::Create(Program(), {});
    return session.ok() ? "" : session.status().message();
  }
};

}  // namespace plumb::runtime
