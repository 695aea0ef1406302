// Depthwise convolution of 8-bit integers over NHWC: output channel c sees input channel c only.
//
// Definition (dwconv_reference.h): acc = bias[c] + sum over (kernel row, kernel column) of
// (x - x_zero_point[c]) * w, exactly, in 32 bits; taps outside the picture contribute 0. Then one
// of the ends of kernels/common/layer_end.h.
//
// How it is computed. The rows of the picture that an output row meets are prepared first: zero
// points to the left and right, and with a stride the columns of each remainder apart, so that a
// kernel column is an offset and an output row one run of `out_width * channels` numbers without
// borders. Vectors run across the ends of pixels; the constants (weights, start, factor) repeat
// after a period of whole pixels, which is chosen so that few lanes stay empty. A vector of the
// period is computed for the whole row before the next one, so that its constants stay close.
// Several tap rows stand side by side in a register, and where the stride is 1 two output rows share
// them. Zero points are folded into the start. Threads split output rows.
//
// Floor, in vector instructions for 64 outputs of a 3x3 kernel with stride 1 (AVX-512 VNNI, two
// vector ports, interleaving and packing on one of them): 12 multiply-adds and 12 interleavings for
// three kernel columns (4, where the number of channels is a multiple of 64), 12 to scale and round,
// 7 to pack and add the zero point, 3 to prepare a row: 46 or 38, that is 23 or 19 cycles; bytes
// moved: 64 read and 64 written. docs/speed.md compares.
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
  int64_t x_pitch = 0;                    // elements from pixel to pixel of x; 0: channels
  const int32_t* x_zero_point = nullptr;  // [channels], -128..127
  const int8_t* weights = nullptr;        // [channels][kernel_height][kernel_width]
  const int32_t* bias = nullptr;          // [channels], or null
  LayerEndSpec end;
};

// What a kernel makes of its sums.
enum class DwConvEnd {
  kSums,        // the sums themselves
  kRequantize,  // 8-bit outputs by the requantization rule; no |sum * factor| reaches 2^31
  kSilu,        // kRealS8 of SiLU, the same
};

// What a kernel reads and writes: one or more output rows, or parts of them.
struct DwConvStrip {
  const std::byte* const*
      rows;                // [row groups * row_group] prepared rows; weights of unused ones: 0
  const int64_t* offsets;  // [kernel_width] of a kernel column, in numbers
  int64_t kernel_width;
  int64_t row_groups;
  int out_rows;
  int64_t first = 0;  // number of the prepared rows that the part begins with
  int64_t numbers;    // pixels * channels of the part of an output row
  // Block b holds the constants of the numbers at b * block, b * block + period, ...
  const std::byte* blocks;  // [block_count][block_bytes], 64-byte aligned
  int64_t block_bytes;
  int64_t block_count;
  int64_t period;
  int64_t weights_step;  // bytes from the weights of a group of rows to the next one's
  DwConvEnd end = DwConvEnd::kSums;
  int8_t* y = nullptr;
  int64_t y_stride = 0;
  int8_t lo = -128, hi = 127;
  int32_t* sums = nullptr;
  int64_t sums_stride = 0;
};

// The constants of a block: start s32, factor f32, zero point s32, scale of the output f32, each
// [block] in the order of `position`; then the weights [kernel_width][row groups][out
// rows][position][row_group].
struct DwConvKernel {
  const char* name;
  Isa isa;
  int block;                  // numbers side by side
  int row_group;              // tap rows side by side
  int out_rows;               // most output rows at once
  int weight_bytes;           // of a packed weight: 1 or 2
  int number_bytes;           // of a prepared number
  int x_offset;               // what preparing adds to x
  bool silu;                  // knows DwConvEnd::kSilu
  int (*position)(int lane);  // where a number's sum stands in the accumulators
  // Prepares pixels, from_step bytes apart; from_step 0: one of them, repeated.
  void (*prepare)(const int8_t* from, int64_t from_step, int64_t pixels, int64_t channels,
                  std::byte* to);
  void (*run)(const DwConvStrip& strip);
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
  // A thread's part of the scratch.
  struct Scratch {
    std::byte* rows;  // [tap rows] prepared
    int32_t* sums;    // [out rows][part of a row]
    int64_t sums_stride;
    float* real;                  // [part of a row]
    const std::byte** row_table;  // [row groups * row_group]
    int64_t* held;                // [tap rows] which input row a prepared one is
  };
  [[nodiscard]] Scratch Split(std::byte* scratch) const;
  void Pack(const DwConvLayer& layer);
  void PrepareRow(const int8_t* row, std::byte* to) const;
  // Output rows oy.. of a picture.
  void RunRows(const int8_t* x, void* y, int64_t image, int64_t oy, int rows,
               const Scratch& scratch) const;

  DwConvLayer layer_;  // sizes only: its pointers are not used after construction
  const DwConvKernel& kernel_;
  int out_rows_;                 // at once
  int64_t tap_rows_;             // that they meet
  int64_t row_groups_;           // tap rows in groups
  std::vector<int64_t> phases_;  // remainders of kernel columns by the stride
  std::vector<int64_t> offsets_;
  int64_t phase_pixels_ = 0;  // of a prepared row, for each remainder
  int64_t row_bytes_ = 0;     // of a prepared row
  int64_t period_pixels_ = 1, blocks_ = 1, block_bytes_ = 0;
  int64_t part_pixels_ = 1;  // of a row, where sums go through memory
  DwConvEnd kernel_end_ = DwConvEnd::kSums;
  int8_t lo_ = -128, hi_ = 127;
  void (*look_up_)(const int8_t* table, const int8_t* x, int8_t* y, int64_t n) = nullptr;
  Tensor constants_;    // [blocks][block_bytes]
  Tensor zero_points_;  // s8 [channels]
  Tensor zero_row_;     // a prepared row of zero points
  Tensor table_;        // s8 [256]
  LayerEnd end_;
};

}  // namespace plumb::kernels
