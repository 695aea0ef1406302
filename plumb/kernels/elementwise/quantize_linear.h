// QuantizeLinear and DequantizeLinear of ONNX: scale and zero point are data.
#pragma once

#include <cstdint>

#include "plumb/base/dtype.h"
#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

// Element [o, i, n] of [outer, size, inner] uses entry i of scale and zero point; per tensor:
// size 1.
struct LinearPlan {
  int64_t outer = 1, size = 1, inner = 1;
};

// y = saturate(rne(x / scale) + zero_point), the division rounded to binary32; NaN gives the zero
// point. To s8, u8, s16, u16, s32. `zero_point` has the output's type; nullptr: 0.
using QuantizeLinearFunction = void (*)(const LinearPlan& plan, const float* x, const float* scale,
                                        const void* zero_point, void* y, ThreadPool& pool);
[[nodiscard]] QuantizeLinearFunction FindQuantizeLinear(DType output);

// y = float(x - zero_point) * scale; the difference exact. From the same types.
using DequantizeLinearFunction = void (*)(const LinearPlan& plan, const void* x, const float* scale,
                                          const void* zero_point, float* y, ThreadPool& pool);
[[nodiscard]] DequantizeLinearFunction FindDequantizeLinear(DType input);

}  // namespace plumb::kernels
