// Who judges the imported float network (rung V1): outputs given, a test data set beside the model,
// or an installed ONNX Runtime.
#pragma once

#include <span>
#include <string>

#include "plumb/api/model.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/verify/judge.h"

namespace plumb {

struct JudgeOptions {
  std::string reference;  // .npz with inputs and expected outputs by name; may be empty
  bool installed = true;  // use an installed ONNX Runtime when nothing else is at hand
  int threads = 1;
};

// Runs the program of the float `model` on `sample` (port order), or on the inputs that
// stand beside the expected outputs, and compares. Without a judge the answer says why it is not
// checked.
[[nodiscard]] Result<verify::Judgement> JudgeImport(const Model& model,
                                                    std::span<const Tensor> sample,
                                                    const JudgeOptions& options);

}  // namespace plumb
