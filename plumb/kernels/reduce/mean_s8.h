// The mean of an int8 tensor over any axes, on an int8 grid.
#pragma once

#include <cstdint>

#include "plumb/base/thread_pool.h"
#include "plumb/kernels/reduce/reduce.h"

namespace plumb::kernels {

// y = ClampRound((float(sum of (q - z_x)) / float(count)) * (s_x / s_y), lo, hi, z_y): the sum
// exact, each operation of binary32 rounded. A count of 0 gives z_y.
struct MeanS8 {
  int32_t x_zero_point = 0;
  float multiplier = 1;  // s_x / s_y in binary32
  int32_t lo = -128, hi = 127;
  int32_t y_zero_point = 0;
};
void ReduceMeanS8(const ReducePlan& plan, const MeanS8& rule, const int8_t* input, int8_t* output,
                  ThreadPool& pool);

}  // namespace plumb::kernels
