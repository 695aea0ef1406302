// Functions of two tensors with numpy broadcasting: arithmetic, comparisons, logic, bits.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "plumb/base/dtype.h"
#include "plumb/base/thread_pool.h"
#include "plumb/kernels/common/nest.h"

namespace plumb::kernels {

// Computes one plane: operand 0 is the output (contiguous), 1 and 2 the inputs, strides 0 or 1 in
// the inner loop.
using BinaryPlane = void (*)(const Plane<3>& plane, const void* a, const void* b, void* output);

struct BinaryFunction {
  BinaryPlane plane = nullptr;  // nullptr: not defined for these types
  DType output = DType::kNone;
};

// The function `name` (a row of binary_ops.inc) for inputs of types a and b.
[[nodiscard]] BinaryFunction FindBinary(std::string_view name, DType a, DType b);

struct BinaryPlan {
  BinaryFunction function;
  Nest<3> nest;
};

// Requires: BroadcastsTo(a_shape, output_shape), the same for b, ranks <= kMaxTensorRank.
[[nodiscard]] BinaryPlan MakeBinaryPlan(BinaryFunction function, std::span<const int64_t> a_shape,
                                        std::span<const int64_t> b_shape,
                                        std::span<const int64_t> output_shape);

void Binary(const BinaryPlan& plan, const void* a, const void* b, void* output, ThreadPool& pool);

}  // namespace plumb::kernels
