// What a program's tensors hold, for those who read two programs side by side.
#pragma once

#include "plumb/artifact/program.h"
#include "plumb/base/tensor.h"

namespace plumb::verify {

[[nodiscard]] inline const artifact::TensorInfo& InfoOf(const artifact::Program& program,
                                                        int32_t t) {
  return program.tensors[static_cast<size_t>(t)];
}

[[nodiscard]] inline bool IsConstant(const artifact::Program& program, int32_t t) {
  return t >= 0 && InfoOf(program, t).constant >= 0;
}

[[nodiscard]] inline ConstTensorView ConstantOf(const artifact::Program& program, int32_t t) {
  const artifact::TensorInfo& info = InfoOf(program, t);
  return {info.dtype, info.shape, program.constants[static_cast<size_t>(info.constant)].data};
}

[[nodiscard]] inline bool IsProduct(const artifact::Record& record) {
  return (record.op == "conv" || record.op == "fully_connected") && record.inputs.size() > 1;
}

}  // namespace plumb::verify
