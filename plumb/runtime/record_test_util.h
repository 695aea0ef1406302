// For tests: one record, run through a session on given inputs.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "plumb/runtime/session.h"

namespace plumb::runtime {

// Whole numbers lo..hi.
template <typename T>
std::shared_ptr<Tensor> Random(Shape shape, int lo, int hi, uint32_t seed) {
  std::mt19937 random(seed);
  auto tensor = std::make_shared<Tensor>(DTypeOf<T>::value, std::move(shape));
  for (T& v : tensor->template values<T>()) {
    v = static_cast<T>(lo + static_cast<int>(random() % static_cast<uint32_t>(hi - lo + 1)));
  }
  return tensor;
}

struct RecordRun {
  std::string op;
  std::vector<Tensor> inputs;  // of dtype kNone: left out
  std::vector<std::pair<DType, Shape>> outputs;
  Attributes attributes;
  std::vector<Quantization> input_grids = {};
  std::vector<Quantization> output_grids = {};
};

inline std::shared_ptr<artifact::Program> ProgramOf(const RecordRun& run) {
  auto program = std::make_shared<artifact::Program>();
  artifact::Record record{run.op, 1, "the record", {}, {}, run.attributes};
  for (size_t i = 0; i < run.inputs.size(); ++i) {
    const Tensor& tensor = run.inputs[i];
    if (tensor.dtype() == DType::kNone) {
      record.inputs.push_back(-1);
      continue;
    }
    artifact::TensorInfo info{"in" + std::to_string(i), tensor.dtype(), tensor.shape()};
    if (i < run.input_grids.size()) {
      info.quantization = run.input_grids[i];
    }
    record.inputs.push_back(program->AddTensor(info));
    program->inputs.push_back({info.name, record.inputs.back(), info.dtype});
  }
  for (size_t i = 0; i < run.outputs.size(); ++i) {
    artifact::TensorInfo info{"out" + std::to_string(i), run.outputs[i].first,
                              run.outputs[i].second};
    if (i < run.output_grids.size()) {
      info.quantization = run.output_grids[i];
    }
    record.outputs.push_back(program->AddTensor(info));
    program->outputs.push_back({info.name, record.outputs.back(), info.dtype});
  }
  program->records.push_back(std::move(record));
  return program;
}

// The outputs with one thread, after checking that two and three threads give the same bytes.
inline std::vector<Tensor> RunRecord(const RecordRun& run) {
  std::vector<Tensor> first;
  for (int threads : {1, 2, 3}) {
    auto session = Session::Create(ProgramOf(run), {.threads = threads});
    if (!session.ok()) {
      ADD_FAILURE() << session.status().message();
      return {};
    }
    size_t port = 0;
    for (const Tensor& tensor : run.inputs) {
      if (tensor.dtype() != DType::kNone && tensor.bytes() > 0) {
        std::memcpy((*session)->input(port).raw, tensor.raw(), tensor.bytes());
      }
      port += tensor.dtype() != DType::kNone ? 1 : 0;
    }
    const Status status = (*session)->Run();
    EXPECT_TRUE(status.ok()) << status.message();
    for (size_t i = 0; i < run.outputs.size(); ++i) {
      Tensor out(run.outputs[i].first, run.outputs[i].second);
      if (out.bytes() > 0) {
        std::memcpy(out.raw(), (*session)->output(i).raw, out.bytes());
      }
      if (threads == 1) {
        first.push_back(std::move(out));
      } else if (out.bytes() > 0) {
        EXPECT_EQ(std::memcmp(out.raw(), first[i].raw(), out.bytes()), 0)
            << threads << " threads differ";
      }
    }
  }
  return first;
}

template <typename T>
std::vector<T> RunFor(const RecordRun& run) {
  std::vector<Tensor> outputs = RunRecord(run);
  if (outputs.empty()) {
    return {};
  }
  const auto* values = static_cast<const T*>(outputs[0].raw());
  return {values, values + outputs[0].size()};
}

// The error that binding the record gives, "" when it binds.
inline std::string BindError(const RecordRun& run) {
  return Session::Create(ProgramOf(run), {}).status().message();
}

}  // namespace plumb::runtime
