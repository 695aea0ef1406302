// Convolutions and matrix products of 16-bit integers, zero point 0: dense, grouped and depthwise,
// over NHWC, with weights of 8 or 16 bits.
//
// Definition (conv_s16_reference.h):
//
//   acc = bias[c] + sum over (kernel row, kernel column, channel) of x * w
//
// exactly, within 53 bits (ConvS16Bound); taps outside the picture contribute 0. Then
// t = float(acc) * m[c], both operations rounded to nearest even, and one of three ends.
//
// How it is computed: pairs of products are summed in 32 bits over chunks of kConvS16Chunk products,
// which fit there while |w| <= 128, and chunks in binary64, where integers below 2^53 are exact.
// Weights beyond 8 bits are taken apart, w = 256 * high + low with both in -128..128, and summed
// twice. Threads split outputs, never sums.
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

// A fully connected layer of R rows is a 1x1 convolution over R columns.
struct ConvS16Geometry {
  int64_t batch = 1, in_height = 1, in_width = 1, in_channels = 1;
  int64_t out_height = 1, out_width = 1, out_channels = 1;
  int64_t kernel_height = 1, kernel_width = 1;
  int64_t stride_height = 1, stride_width = 1;
  int64_t dilation_height = 1, dilation_width = 1;
  int64_t pad_top = 0, pad_left = 0;  // below and right: whatever the output size reaches
  int64_t groups = 1;                 // divides in_channels and out_channels

  [[nodiscard]] int64_t pixels() const { return batch * out_height * out_width; }
  [[nodiscard]] int64_t depth() const {  // products of one output
    return kernel_height * kernel_width * (in_channels / groups);
  }
  [[nodiscard]] bool depthwise() const {
    return groups > 1 && groups == in_channels && groups == out_channels;
  }
};

enum class EndS16 {
  kRequantize,  // s16: ClampRound(t, clamp_lo, clamp_hi, 0)
  kRealS16,     // s16: Quantize(f(t), y_scale, 0, -32768, 32767)
  kRealF32,     // f32: f(t)
};

// Pointers stay the caller's and are read by ConvS16Packed's constructor only, except
// `function.parameters`, which must live as long as the ConvS16Packed.
struct ConvS16Layer {
  ConvS16Geometry geometry;
  const int16_t* weights = nullptr;   // [out_channels][kernel_height][kernel_width][depth]
  const int64_t* bias = nullptr;      // [out_channels], or null
  const float* multiplier = nullptr;  // [out_channels]
  EndS16 end = EndS16::kRequantize;
  float y_scale = 1.0f;                         // kRealS16
  int32_t clamp_lo = -32768, clamp_hi = 32767;  // kRequantize
  LayerFunction function;                       // kRealS16, kRealF32
};

// Largest |bias[c]| + 2^15 * sum over k of |w[c][k]|; bias may be null. More than 2^53: the layer
// must be refused.
inline constexpr int64_t kMostConvS16 = int64_t{1} << 53;
[[nodiscard]] int64_t ConvS16Bound(const int16_t* w, const int64_t* bias, int64_t channels,
                                   int64_t k);

// Products of one sum in 32 bits: 504 * 2^15 * 128 < 2^31.
inline constexpr int64_t kConvS16Chunk = 504;

// acc[row][channel] += factor * sum over 2 * pairs elements of a[row][k] * w[k][channel].
struct ConvS16Tile {
  const int16_t* a;
  int64_t a_stride;  // from row to row, in elements
  const int16_t* w;  // [pairs][tile_channels][2]
  int64_t pairs;     // at most kConvS16Chunk / 2
  double factor;     // 1 or 256
  double* acc;       // [tile_rows][tile_channels], 64-byte aligned
  int rows;          // 1..tile_rows
};

// acc[pixel][channel] += factor * sum over taps of x[pixel * step + channel] * w[tap][channel].
struct ConvS16Tap {
  const int16_t* x;  // of the first pixel and channel
  int64_t tap;       // which of w
};
struct ConvS16Column {
  const ConvS16Tap* taps;
  int64_t tap_count;  // at most kConvS16Chunk
  int64_t step;       // from pixel to pixel, in elements
  const int16_t* w;   // [taps][dw_block][2]: the weight and 0
  double factor;
  double* acc;  // [pixels][dw_block], 64-byte aligned
  int64_t pixels;
  int channels;  // that exist, 1..dw_block; nothing beyond is read
};

struct ConvS16Kernel {
  const char* name;
  Isa isa;
  int tile_rows, tile_channels;
  int dw_block;
  void (*tile)(const ConvS16Tile& tile);
  void (*column)(const ConvS16Column& column);
  // y[i] = ClampRound(float(acc[i]) * m[i], lo, hi, 0).
  void (*requantize)(const double* acc, const float* m, int64_t n, int32_t lo, int32_t hi,
                     int16_t* y);
  // real[i] = float(acc[i]) * m[i].
  void (*scale)(const double* acc, const float* m, int64_t n, float* real);
  // y[i] = Quantize(real[i], scale, 0, -32768, 32767).
  void (*quantize)(const float* real, int64_t n, float scale, int16_t* y);
};

#define PLUMB_CONV_S16(kernel) extern const ConvS16Kernel kernel;
#include "plumb/kernels/conv_s16/conv_s16_kernels.inc"
#undef PLUMB_CONV_S16

// Every kernel this machine can run, fastest first; the fastest that needs no more than `isa`.
[[nodiscard]] std::vector<const ConvS16Kernel*> ConvS16Kernels();
[[nodiscard]] const ConvS16Kernel& SelectConvS16(Isa isa);

// A layer in the form its kernel uses. Immutable: any number of threads may run it.
class ConvS16Packed {
 public:
  ConvS16Packed(const ConvS16Layer& layer, const ConvS16Kernel& kernel);

  [[nodiscard]] size_t ScratchBytes(int threads) const;
  [[nodiscard]] size_t PackedBytes() const;
  // x: [batch][in_height][in_width][in_channels]; y: [batch][out_height][out_width][out_channels],
  // s16 or f32 by the layer's end. scratch: ScratchBytes(pool.threads()) bytes, 64-byte aligned.
  void Run(const int16_t* x, void* y, std::span<std::byte> scratch, ThreadPool& pool) const;

 private:
  struct Part;
  void PackDense(const ConvS16Layer& layer);
  void PackDepthwise(const ConvS16Layer& layer);
  void RunDense(const int16_t* x, void* y, std::span<std::byte> scratch, ThreadPool& pool) const;
  void RunPart(const Part& part) const;
  void RunTile(const Part& part, const int16_t* rows, int64_t row_stride, int64_t panel,
               int64_t pixel, int row_count) const;
  void RunRow(const int16_t* x, void* y, int64_t row, std::byte* scratch) const;
  void RunSegment(const int16_t* x, void* y, int64_t row, int64_t ox, int64_t pixels,
                  std::byte* scratch) const;
  // Rows of sums, acc_stride apart, of channels [channel, channel + channels) of pixels from
  // `pixel` on.
  void Finish(const double* acc, int64_t acc_stride, int64_t rows, int64_t channel,
              int64_t channels, int64_t pixel, float* real, void* y) const;

  ConvS16Geometry geometry_;
  const ConvS16Kernel& kernel_;
  int parts_;           // 1: weights of 8 bits; 2: low and high
  int64_t panels_;      // of a group; blocks of channels of a depthwise layer
  int64_t pairs_;       // of a panel, dense
  int64_t block_rows_;  // pixels whose rows are held at once, dense
  bool direct_;         // rows are read where they lie
  Tensor weights_;      // s16 [parts][groups][panels][pairs][tile_channels][2] or
                        // [parts][blocks][taps][dw_block][2]
  Tensor start_;        // f64 [groups][panels][tile_channels] or [blocks][dw_block]
  std::vector<float> multiplier_;
  EndS16 end_;
  float y_scale_;
  int32_t lo_, hi_;
  LayerFunction function_;
};

}  // namespace plumb::kernels
