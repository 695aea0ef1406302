// Depthwise convolution of 8-bit integers over NHWC: output channel c sees input channel c only.
//
// Definition (dwconv_reference.h): acc = bias[c] + sum over (kernel row, kernel column) of
// (x - x_zero_point[c]) * w, exactly, in 32 bits; taps outside the picture contribute 0. Then one
// of the ends of kernels/common/layer_end.h.
//
// How it is computed: pixels of an output row whose taps all lie inside the picture are taken many
// at a time; a tap outside it reads a row of zero points. Zero points are folded into the bias.
// Weights are packed for blocks of channels, a few taps side by side. Threads split output rows.
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

struct DwConvLayer {
  int64_t batch = 1, in_height = 1, in_width = 1, channels = 1;
  int64_t out_height = 1, out_width = 1;
  int64_t kernel_height = 1, kernel_width = 1;
  int64_t stride_height = 1, stride_width = 1;
  int64_t dilation_height = 1, dilation_width = 1;
  int64_t pad_top = 0, pad_left = 0;      // below and right: whatever the output size reaches
  const int32_t* x_zero_point = nullptr;  // [channels], -128..127
  const int8_t* weights = nullptr;        // [channels][kernel_height][kernel_width]
  const int32_t* bias = nullptr;          // [channels], or null
  LayerEndSpec end;
};

// One block of channels of `pixels` neighbouring pixels.
struct DwConvRun {
  const int8_t* const* in;  // [taps, padded to groups] where the tap of the first pixel begins
  const int64_t* step;      // [taps, padded] bytes from pixel to pixel, 0 for a row of zero points
  int64_t tap_groups;
  const void* weights;   // of this block
  const int32_t* start;  // of this block, in the kernel's order
  int32_t* acc;          // [pixels][block], 64-byte aligned, in the order of the channels
  int64_t pixels;
  int64_t channel;  // where the block begins
  int channels;     // of the block that exist; no byte beyond is read
};

struct DwConvKernel {
  const char* name;
  Isa isa;
  int block;          // channels
  int tap_group;      // taps side by side
  int element_bytes;  // of a packed weight
  int x_offset;       // what the kernel adds to x
  // Where the weight of a channel and a tap stands in a group of taps of a block, and a channel's
  // start in a block.
  int (*weight_position)(int channel, int tap);
  int (*start_position)(int channel);
  void (*run)(const DwConvRun& run);
};

#define PLUMB_DWCONV(kernel) extern const DwConvKernel kernel;
#include "plumb/kernels/dwconv/dwconv_kernels.inc"
#undef PLUMB_DWCONV

// Every kernel this machine can run, fastest first; the fastest that needs no more than `isa`.
[[nodiscard]] std::vector<const DwConvKernel*> DwConvKernels();
[[nodiscard]] const DwConvKernel& SelectDwConv(Isa isa);

// A layer in the form its kernel uses. Immutable: any number of threads may run it. The layer's
// pointers are read by the constructor only, except `end.function.parameters`.
class DwConvPacked {
 public:
  DwConvPacked(const DwConvLayer& layer, const DwConvKernel& kernel);

  [[nodiscard]] size_t ScratchBytes(int threads) const;
  [[nodiscard]] size_t PackedBytes() const;
  // x: [batch][in_height][in_width][channels]; y: [batch][out_height][out_width][channels], s8 or
  // f32 by the layer's end. scratch: ScratchBytes(pool.threads()) bytes, 64-byte aligned.
  void Run(const int8_t* x, void* y, std::span<std::byte> scratch, ThreadPool& pool) const;

 private:
  void RunRow(const int8_t* x, void* y, int64_t row, std::byte* scratch) const;
  void RunSegment(const int8_t* x, void* y, int64_t row, int64_t ox, int64_t pixels,
                  std::byte* scratch) const;

  DwConvLayer layer_;  // sizes only: its pointers are not used after construction
  const DwConvKernel& kernel_;
  int64_t taps_;
  int64_t tap_groups_;
  int64_t blocks_;
  int64_t inside_begin_, inside_end_;  // output columns whose taps are inside the picture's width
  Tensor weights_;                     // [blocks][tap groups][tap_group * block]
  Tensor start_;                       // s32 [blocks][block]
  Tensor zeros_;                       // s8 [channels]: the zero points
  LayerEnd end_;
};

}  // namespace plumb::kernels
