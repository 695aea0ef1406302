// One record on its way into an ONNX graph.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <string_view>

#include "plumb/artifact/program.h"
#include "plumb/export/onnx/onnx_emitter.h"

namespace plumb::exporting {

struct RecordExport {
  Emitter& e;
  const artifact::Record& record;
  ExportedRecord& how;

  [[nodiscard]] int32_t in(size_t i) const { return record.inputs[i]; }
  [[nodiscard]] int32_t out(size_t i = 0) const { return record.outputs[i]; }
  [[nodiscard]] bool HasInput(size_t i) const {
    return i < record.inputs.size() && record.inputs[i] >= 0;
  }
  [[nodiscard]] const artifact::TensorInfo& x(size_t i = 0) const { return e.info(in(i)); }
  [[nodiscard]] const artifact::TensorInfo& y(size_t i = 0) const { return e.info(out(i)); }
  [[nodiscard]] bool qdq() const { return e.form() == OnnxForm::kQdq; }
  // "record 12 'name' (conv): " and the sentence.
  template <typename... Args>
  [[nodiscard]] Status Refuse(const Args&... args) const {
    return InvalidModel("record ", how.index, " '", how.name, "' (", how.op, "): ", args...);
  }
  // The same bits, given the same inputs.
  void Exact() const { how.exact = true; }
  // Within so many steps; below 0: nobody knows.
  void Within(int steps) const { how.exact = false, how.bound = steps; }
  // What is rounded differs by so many steps before the rounding.
  void WithinSteps(double error) const {
    Within(error < 1000 ? std::max(1, static_cast<int>(std::ceil(error))) : -1);
  }
  // A float output within so much.
  void WithinReal(RealError error) const {
    how.exact = false;
    e.error[out()] = std::move(error);
  }
  // How much the float inputs may differ; of several, the largest of all channels.
  [[nodiscard]] RealError ErrorOfInputs() const;
};

using ExportFunction = Status (*)(const RecordExport&);

// What the exporter knows of a kind of record. A record with another attribute, version or number of
// inputs is refused: it may mean something else.
struct RecordKind {
  std::string_view op;
  int version;
  size_t most_inputs;
  std::string_view attributes;  // those that are understood, separated by blanks
  ExportFunction write;
};
[[nodiscard]] std::span<const RecordKind> RecordKinds();

#define PLUMB_ONNX_RECORD(op, most_inputs, attributes, function) \
  [[nodiscard]] Status function(const RecordExport& r);
#include "plumb/export/onnx/onnx_records.inc"
#undef PLUMB_ONNX_RECORD

// A quantize record behind a function of a layer's real numbers, by the steps of that function: the
// same integers, which the function's own nodes do not promise. False: it is no such record.
[[nodiscard]] Result<bool> WriteQuantizedFunction(const RecordExport& r);
// The window of a pool as ONNX has it, for the output's size that the record states.
[[nodiscard]] Result<Attributes> PoolWindow(const RecordExport& r);

}  // namespace plumb::exporting
