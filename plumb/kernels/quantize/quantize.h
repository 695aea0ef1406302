// Between binary32 and integers on affine grids.
//
//   quantize:    q = Quantize(x, scale, zero_point, lowest, highest of the type)   (requantize.h)
//                32-bit types, whose values binary32 cannot count: the quotient is rounded to
//                nearest even, the zero point added and the sum saturated, exactly. NaN gives the
//                zero point.
//   dequantize:  x = float(q - zero_point) * scale
#pragma once

#include <cstdint>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/dtype.h"
#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

// Which grid an element has: index i lies in channel (i / inner) % channels. Per tensor:
// channels 1.
struct QuantizeGrid {
  int64_t channels = 1;
  int64_t inner = 1;
  const float* scale = nullptr;         // [channels]
  const int32_t* zero_point = nullptr;  // [channels]
};

// n elements, the grid of each moving by grid_step (0 or 1).
struct QuantizeRun {
  const float* scale;
  const int32_t* zero_point;
  int64_t grid_step;
  int64_t n;
};

// Planes of pixels on one grid, to pixels of interleaved channels:
// q[i * channels + c] = Quantize(x[c * plane + i]) for i < n.
struct QuantizePlanes {
  const float* x;
  int64_t plane;
  int channels;  // 1..kMostPlanes
  float scale;
  int32_t zero_point;
  int8_t* q;
  int64_t n;
};
inline constexpr int kMostPlanes = 4;

struct QuantizeKernel {
  const char* name;
  Isa isa;
  void (*quantize)(const QuantizeRun& run, const float* x, int8_t* q);
  void (*dequantize)(const QuantizeRun& run, const int8_t* q, float* x);
  void (*interleave)(const QuantizePlanes& planes);
  void (*quantize_s16)(const QuantizeRun& run, const float* x, int16_t* q);  // null: plain loops
  void (*dequantize_s16)(const QuantizeRun& run, const int16_t* q, float* x);
};

#define PLUMB_QUANTIZE(kernel) extern const QuantizeKernel kernel;
#include "plumb/kernels/quantize/quantize_kernels.inc"
#undef PLUMB_QUANTIZE

// Every kernel for s8 that this machine can run, fastest first; the fastest that needs no more than
// `isa`.
[[nodiscard]] std::vector<const QuantizeKernel*> QuantizeKernels();
[[nodiscard]] const QuantizeKernel& SelectQuantize(Isa isa);

// s8, u8, s16, u16 and s32.
[[nodiscard]] bool QuantizesTo(DType type);
// n elements; requires QuantizesTo(type). Types other than s8 run plain loops.
void QuantizeArray(const QuantizeKernel& kernel, const QuantizeGrid& grid, DType type,
                   const float* x, void* q, int64_t n, ThreadPool& pool);
void DequantizeArray(const QuantizeKernel& kernel, const QuantizeGrid& grid, DType type,
                     const void* q, float* x, int64_t n, ThreadPool& pool);
// A picture of planes, [channels][n], to s8 pixels, [n][channels]; at most kMostPlanes channels.
void QuantizeInterleaved(const QuantizeKernel& kernel, const QuantizePlanes& planes,
                         ThreadPool& pool);

// The definition for one number; requires QuantizesTo(type).
[[nodiscard]] int32_t QuantizeReference(DType type, float x, float scale, int32_t zero_point);

}  // namespace plumb::kernels
