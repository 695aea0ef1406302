// Rung V1: the imported float network against an outside judge.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/runtime/session.h"

namespace plumb::verify {

struct Judgement {
  bool checked = false;
  std::string
      judge;  // "onnxruntime 1.17", "outputs given", "test_data_set_0"; empty when there was none
  std::string reason;  // why it was not checked
  double worst = 0;    // largest difference relative to the output's range (at least 0.01)
  std::string worst_output;
  double least_sqnr = 0;  // of the outputs, dB
};

// Our outputs against given ones, matched by name.
[[nodiscard]] Judgement Compare(std::string judge, std::span<const runtime::NamedTensor> ours,
                                std::span<const runtime::NamedTensor> theirs);

// Outputs of an installed ONNX Runtime with its optimizations off, run as a subprocess of `python` (the interpreter named
// by PLUMB_JUDGE_PYTHON, or python3). Nothing when there is none; an error text when it refuses the model.
struct OnnxRuntimeRun {
  bool available = false;
  std::string version;
  std::string problem;
  std::vector<runtime::NamedTensor> outputs;
};
[[nodiscard]] Result<OnnxRuntimeRun> RunOnnxRuntime(const std::string& model_path,
                                                    std::span<const runtime::NamedTensor> inputs);
// The same of a model in memory.
[[nodiscard]] Result<OnnxRuntimeRun> RunOnnxRuntimeOnBytes(
    std::string_view model, std::span<const runtime::NamedTensor> inputs);

}  // namespace plumb::verify
