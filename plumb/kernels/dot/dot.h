// Dense products of 8-bit integers: convolution (any kernel, stride, dilation, padding, groups) and
// fully connected layers.
//
// Definition (dot_reference.h): for every output pixel and channel
//
//   acc = bias[c] + sum over (kernel row, kernel column, channel) of (x - x_zero_point[i]) * w, i
//   the
//         input channel
//
// exactly, in 32 bits; taps outside the picture contribute 0. Then one of four ends
// (kernels/common/layer_end.h).
//
// How it is computed: the taps of a block of pixels are copied into rows of k values (converted to
// what the kernel multiplies), padding as x_zero_point of its channel; weights are packed once into
// panels of channels; a kernel multiplies a tile of rows by a panel. The zero point, and the offset
// that makes activations unsigned for one instruction set, are folded into the packed bias: bias -
// sum((x_zero_point + offset) * w). Sums that leave 32 bits on the way wrap and come back. Threads
// split pixels or channels, never sums.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/tensor.h"
#include "plumb/base/thread_pool.h"
#include "plumb/kernels/common/layer_end.h"

namespace plumb::kernels {

// A convolution over NHWC. A fully connected layer of R rows is a 1x1 convolution over R columns.
struct DotGeometry {
  int64_t batch = 1, in_height = 1, in_width = 1, in_channels = 1;
  int64_t out_height = 1, out_width = 1, out_channels = 1;
  int64_t kernel_height = 1, kernel_width = 1;
  int64_t stride_height = 1, stride_width = 1;
  int64_t dilation_height = 1, dilation_width = 1;
  int64_t pad_top = 0, pad_left = 0;  // below and right: whatever the output size reaches
  int64_t groups = 1;                 // divides in_channels and out_channels
};
[[nodiscard]] int64_t DotPixels(const DotGeometry& g);  // batch * out_height * out_width
[[nodiscard]] int64_t DotDepth(const DotGeometry& g);   // products of one output

// How y is stored: [batch][out_height][out_width][out_channels], or, of kRealF32 only and without a
// pitch, [batch][out_channels][out_height][out_width].
enum class DotOrder { kPixelMajor, kChannelMajor };

// A layer. Pointers stay the caller's and are read by DotPacked's constructor only, except
// `end.function.parameters`, which must live as long as the DotPacked.
struct DotLayer {
  DotGeometry geometry;
  const int32_t* x_zero_point = nullptr;  // [in_channels], each -128..127
  const int8_t* weights =
      nullptr;  // [out_channels][kernel_height][kernel_width][in_channels / groups]
  const int32_t* bias = nullptr;  // [out_channels], or null
  LayerEndSpec end;
  // Elements from pixel to pixel, where the layer reads or writes some channels of a wider tensor;
  // 0: its own channels.
  int64_t x_pitch = 0, y_pitch = 0, residual_pitch = 0;
  DotOrder y_order = DotOrder::kPixelMajor;
};

// Elements of k in a chunk, at most: rows are stored chunk after chunk.
inline constexpr int64_t kDotChunk = 512;

// One call of a kernel: acc[row][channel] (+)= sum of a[row][k] * w[k][channel].
struct DotTile {
  const void* a;         // [tile_rows], DotRowBytes apart; rows beyond `rows` hold anything
  const int8_t* w;       // [k_step * steps / w_group][channels][w_group]
  int64_t steps;         // k_steps, may be 0
  const int32_t* start;  // [channels] added first; null: acc holds the sum so far
  int32_t* acc;          // [tile_rows][tile_channels], 64-byte aligned; the same
  int rows;              // 1..tile_rows
  int channels;          // a multiple of `lanes`, at most tile_channels
};

// Copies `rows` runs of n activations into rows of a, converted; or fills them.
struct DotCopy {
  const int8_t* from;   // null: fill with `value`
  int64_t from_stride;  // in elements
  void* to;
  int64_t n;
  int64_t rows;
  int8_t value;
};

struct DotKernel {
  const char* name;
  Isa isa;
  int tile_rows;
  int tile_channels;  // of a panel, a multiple of lanes
  int lanes;          // the last panel is as wide as needed, in lanes
  int k_step;         // k is padded to a multiple of it
  int w_group;        // elements of k side by side in w; divides k_step
  int element_bytes;  // of a
  int x_offset;       // a = x + x_offset
  void (*enter)();    // on each thread before its tiles and after them; null: nothing to do
  void (*leave)();
  void (*copy)(const DotCopy& job);
  void (*tile)(const DotTile& tile);
};
// Bytes from row to row of a: a chunk and a cache line, so that rows do not share cache sets.
constexpr int64_t DotRowBytes(int element_bytes) { return kDotChunk * element_bytes + 64; }

#define PLUMB_DOT(kernel) extern const DotKernel kernel;
#include "plumb/kernels/dot/dot_kernels.inc"
#undef PLUMB_DOT

// Every kernel this machine can run, fastest first; the fastest that needs no more than `isa`.
[[nodiscard]] std::vector<const DotKernel*> DotKernels();
[[nodiscard]] const DotKernel& SelectDot(Isa isa);

// A layer in the form its kernel uses. Immutable: any number of threads may run it.
class DotPacked {
 public:
  DotPacked(const DotLayer& layer, const DotKernel& kernel);

  [[nodiscard]] size_t ScratchBytes(int threads) const;
  [[nodiscard]] size_t PackedBytes() const;
  // x: [batch][in_height][in_width][in_channels]; y: in the layer's order, s8 or f32 by its end;
  // residual: as y, where the end has one. scratch: ScratchBytes(pool.threads()) bytes, 64-byte
  // aligned. x and residual may not overlap y, except that residual may be y with the same pitch.
  void Run(const int8_t* x, void* y, std::span<std::byte> scratch, ThreadPool& pool,
           const int8_t* residual = nullptr) const;

 private:
  struct Range;
  struct Part;
  void RunPart(const Part& part) const;
  void RunTile(const Part& part, const void* rows, int64_t group, int64_t panel, int64_t pixel,
               int row_count) const;

  DotGeometry geometry_;
  int64_t x_pitch_, y_pitch_, residual_pitch_;
  DotOrder y_order_;
  const DotKernel& kernel_;
  int64_t k_;      // products of one output
  int64_t chunk_;  // elements of k in a chunk, a multiple of k_step, at most kDotChunk
  int64_t chunks_;
  int64_t group_channels_;  // outputs of a group
  int64_t group_padded_;    // the same in whole lanes
  int64_t panels_;          // of a group
  int64_t block_rows_;      // pixels whose rows are held at once
  Tensor weights_;          // s8 [groups][panels][k padded][tile_channels]
  Tensor start_;            // s32 [groups][group_padded_]
  Tensor
      padding_;  // s8 [groups][kernel_width][in_channels / groups]: zero points, for pixels outside
  LayerEnd end_;
};

}  // namespace plumb::kernels
