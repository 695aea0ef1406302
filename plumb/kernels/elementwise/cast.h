// Conversion between element types.
//
// To a float: the nearest, ties to even; f16 and bf16 are rounded from binary32 (a 64-bit integer
// or a double to f16 is rounded twice). From a float to an integer: toward zero; NaN and what lies
// outside of the type give what x86 gives, which is what most models were made with: the least s32
// (to 8, 16 and 32-bit types, then cut to the type's low bits; u32 by way of s64) or the least s64.
// Between integers: the low bits. To bool: 1 for anything but zero. From bool: 0 or 1.
#pragma once

#include <cstdint>

#include "plumb/base/dtype.h"
#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

using CastFunction = void (*)(const void* input, void* output, int64_t count);

[[nodiscard]] CastFunction FindCast(DType from, DType to);  // defined for every pair of types

void Cast(CastFunction function, DType from, DType to, const void* input, void* output,
          int64_t count, ThreadPool& pool);

}  // namespace plumb::kernels
