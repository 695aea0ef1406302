// Tensors of ONNX files: all encodings, all element types that have one of ours.
#pragma once

#include <filesystem>

#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::onnx {

class TensorProto;

// The tensor in its own element type (int4 and uint4 unpacked to s8 and u8). External data is
// looked up in `base_dir` and must lie inside it.
[[nodiscard]] Result<Tensor> ReadTensor(const TensorProto& proto,
                                        const std::filesystem::path& base_dir);
// f16, bf16 and f64 as f32; others as they are.
[[nodiscard]] Tensor Widened(Tensor tensor);

// The whole file, at most 2 GiB - 1. kEnvironment when it cannot be read.
[[nodiscard]] Result<std::string> ReadFile(const std::filesystem::path& path);

}  // namespace plumb::onnx
