// Resize: nearest, linear, cubic, in every coordinate mode, any rank. Each axis is resampled by
// itself from a table made at bind time; linear and cubic in two dimensions are the product of two
// one-dimensional interpolations.
//
// Float results: the axes are resampled one after the other, outermost first, each output one chain
// sum += input[index] * weight in ascending index order from the first product, in binary32
// (multiply and add rounded each).
#pragma once

#include <cstdint>
#include <vector>

#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

enum class CoordinateMode {
  kHalfPixel,
  kHalfPixelSymmetric,
  kPytorchHalfPixel,
  kAlignCorners,
  kAsymmetric,
  kTfCropAndResize,
};
enum class NearestMode { kRoundPreferFloor, kRoundPreferCeil, kFloor, kCeil };

// One axis. `scale` is output / input as the model states it; roi is used by kTfCropAndResize
// alone.
struct ResizeAxis {
  int64_t in = 0;
  int64_t out = 0;
  float scale = 1;
  float roi_start = 0;
  float roi_end = 1;
};

// The source coordinate of output position x, in binary32 as the reference implementations compute
// it.
[[nodiscard]] float SourceCoordinate(const ResizeAxis& axis, CoordinateMode mode, int64_t x);

// For nearest: source position for each output position; -1 where kTfCropAndResize extrapolates.
[[nodiscard]] std::vector<int64_t> NearestMap(const ResizeAxis& axis, CoordinateMode mode,
                                              NearestMode nearest);

enum class Interpolation { kLinear, kCubic };

// `taps` weighted source positions for each output position.
struct ResizeTaps {
  int64_t in = 0;
  int64_t out = 0;
  int64_t taps = 0;
  std::vector<int64_t> index;    // [out][taps], each in [0, in)
  std::vector<float> weight;     // [out][taps]
  std::vector<uint8_t> outside;  // [out]: 1 where kTfCropAndResize extrapolates; empty when nowhere
};

struct InterpolationOptions {
  Interpolation kind = Interpolation::kLinear;
  CoordinateMode mode = CoordinateMode::kHalfPixel;
  float cubic_a = -0.75f;
  bool exclude_outside = false;
  bool antialias = false;
};

[[nodiscard]] ResizeTaps MakeResizeTaps(const ResizeAxis& axis,
                                        const InterpolationOptions& options);

// One axis of a float tensor: input [outer, in, inner] to output [outer, out, inner].
void ResizeAlongAxis(const ResizeTaps& taps, int64_t outer, int64_t inner, const float* input,
                     float* output, ThreadPool& pool);

}  // namespace plumb::kernels
