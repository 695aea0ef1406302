// Means of 8-bit numbers: average pooling and the mean over any axes.
//
//   y = ClampRound((float(sum of (x - z_x)) / float(count)) * (s_x / s_y), -128, 127, z_y)
//
// The sum is exact in 32 bits; then binary32, each operation rounded, in that order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plumb/base/thread_pool.h"
#include "plumb/kernels/pool/pool.h"

namespace plumb::kernels {

struct AverageS8Params {
  int32_t x_zero_point = 0;
  int32_t y_zero_point = 0;
  float multiplier = 1.0f;  // s_x / s_y
};
// A sum of up to this many numbers fits 32 bits.
inline constexpr int64_t kMostAveraged = int64_t{1} << 23;

[[nodiscard]] int8_t AverageS8(const AverageS8Params& params, int32_t sum, int64_t count);

// Windows as PoolShape says. count: the elements inside the picture; with count_include_pad also
// the window's positions on the declared pads, which add nothing to the sum. A window without an
// element gives the zero point. kernel_h * kernel_w <= kMostAveraged.
void AveragePoolS8(const PoolShape& shape, bool count_include_pad, const AverageS8Params& params,
                   const int8_t* x, int8_t* y, ThreadPool& pool);

// The mean over some axes, as the offsets of what is kept and what is averaged.
struct MeanPlan {
  std::vector<int64_t> kept;      // where each run of outputs begins in x
  std::vector<int64_t> averaged;  // added to that for each number of a mean
  int64_t run = 1;                // outputs that lie side by side in x and y
};
// Axes ascending, within the rank; the reduced dimensions hold 1..kMostAveraged elements.
[[nodiscard]] MeanPlan MakeMeanPlan(std::span<const int64_t> shape, std::span<const int64_t> axes);
void MeanS8(const MeanPlan& plan, const AverageS8Params& params, const int8_t* x, int8_t* y,
            ThreadPool& pool);

}  // namespace plumb::kernels
