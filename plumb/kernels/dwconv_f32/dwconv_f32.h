// Depthwise convolution in binary32: output channel c sees input channel c only.
//
// Definition (dwconv_f32_reference.h): y = chain of fused multiply-adds over (kernel row, kernel
// column) from +0, padding as +0, then + bias, then a function of one number: the dense
// convolution's definition with one input channel a group. Vector lanes lie across channels,
// threads split output rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

struct DwConvF32Shape {
  int64_t batch = 1, in_h = 1, in_w = 1, channels = 1;
  int64_t out_h = 1, out_w = 1;
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0;  // below and right: whatever the output size reaches
  int64_t dilation_h = 1, dilation_w = 1;

  [[nodiscard]] int64_t taps() const { return kernel_h * kernel_w; }
};

// What one call of a kernel computes: `pixels` neighbouring pixels of an output row, all channels.
struct DwConvF32Run {
  const float* const* in;  // [taps] where each tap of the first pixel begins
  const int64_t*
      step;  // [taps] elements from a pixel's tap to the next pixel's (0 for taps in the padding)
  int64_t taps;
  const float* weights;  // [taps][channels]
  const float* bias;     // [channels] or null
  float* out;            // [pixels][channels]
  int64_t pixels;
  int64_t channels;
};

struct DwConvF32Kernel {
  const char* name;
  Isa isa;
  void (*run)(const DwConvF32Run& run);
};

// Every kernel this machine can run, fastest first; the fastest that needs no more than `isa`.
[[nodiscard]] std::vector<const DwConvF32Kernel*> DwConvF32Kernels();
[[nodiscard]] const DwConvF32Kernel& SelectDwConvF32(Isa isa);

// [channels][taps], as layers store them, to [taps][channels].
void PackDwConvF32(const float* weights, int64_t channels, int64_t taps, float* packed);

struct DwConvF32Job {
  const DwConvF32Kernel* kernel = nullptr;
  const DwConvF32Shape* shape = nullptr;
  const float* x = nullptr;       // [batch][in_h][in_w][channels]
  const float* packed = nullptr;  // [taps][channels]
  const float* bias = nullptr;    // [channels] or null
  const float* zeros = nullptr;   // [channels] of +0
  float* y = nullptr;             // [batch][out_h][out_w][channels]
  void (*function)(const float* in, float* out, int64_t n,
                   const float* parameters) = nullptr;  // null: none
  const float* parameters = nullptr;
};

[[nodiscard]] size_t DwConvF32ScratchBytes(const DwConvF32Shape& shape, int threads);
void RunDwConvF32(const DwConvF32Job& job, ThreadPool& pool, std::span<std::byte> scratch);

}  // namespace plumb::kernels
