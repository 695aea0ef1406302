// Convolution in binary32 without copies of its windows: the chains are those of dot_f32.h.
//
// A tile's rows are neighbouring pixels of an output line, whose windows start a constant distance
// apart, and a window is a few runs of memory. So kernels read the picture itself. Where windows
// reach beyond it, the lines that a block of output lines needs are copied once, with their zeros
// around them, into a band.
//
// Floor: multiply-adds at the rate of dot_f32_bench.cc; a band reads and writes the input about
// once for each thread and block.
#pragma once

#include <span>
#include <vector>

#include "plumb/base/thread_pool.h"
#include "plumb/kernels/dot_f32/dot_f32.h"

namespace plumb::kernels {

// The geometry of a convolution over NHWC; weights are
// [out_channels][kernel_h][kernel_w][in_channels / groups].
struct ConvF32Shape {
  int64_t batch = 1, in_h = 1, in_w = 1, in_channels = 1;
  int64_t out_h = 1, out_w = 1, out_channels = 1;
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0;  // below and right: whatever the output size reaches
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t groups = 1;

  [[nodiscard]] int64_t rows() const { return batch * out_h * out_w; }
  [[nodiscard]] int64_t k() const { return kernel_h * kernel_w * (in_channels / groups); }
};

// How a layer is computed on a kernel. Immutable: any number of threads may run it.
class ConvF32 {
 public:
  // weights are read by the constructor only.
  ConvF32(const ConvF32Shape& shape, const DotF32Kernel& kernel, const float* weights);

  [[nodiscard]] size_t ScratchBytes(int threads) const;
  [[nodiscard]] size_t PackedBytes() const { return packed_.bytes(); }
  // x [batch][in_h][in_w][in_channels], y [batch][out_h][out_w][out_channels]; bias
  // [out_channels] or null; `function` is applied to each output once. scratch:
  // ScratchBytes(pool.threads()), 64-byte aligned.
  void Run(const float* x, const float* bias, const DotF32Function& function, float* y,
           ThreadPool& pool, std::span<std::byte> scratch) const;

 private:
  struct Part;
  struct Lines;
  void RunPart(const Part& part, int64_t line_begin, int64_t line_end, int64_t panel_begin,
               int64_t panel_end, float* band) const;
  void RunPixels(const Part& part, const Lines& lines, int64_t first, int64_t count,
                 int64_t panel_begin, int64_t panel_end) const;
  void FillBand(const float* x, int64_t image, int64_t oy, int64_t lines, float* band) const;

  ConvF32Shape shape_;  // a 1x1 layer over all pixels is turned into lines of kPointLine
  const DotF32Kernel& kernel_;
  DotF32Panels panels_;
  Tensor packed_;                        // group after group
  int64_t pixels_;                       // outputs that exist: the last line may be short
  int64_t line_floats_;                  // of the picture or of the band, from line to line
  int64_t band_width_;                   // pixels of a band's line
  int64_t block_lines_;                  // output lines whose band is made at once
  bool direct_;                          // no window reaches beyond the picture
  std::vector<DotF32Segment> segments_;  // of a window, in the order of k, cut at the chunks' ends
  std::vector<size_t> chunk_ends_;       // in segments_
};

}  // namespace plumb::kernels
