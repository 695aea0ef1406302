// Transposed convolution in binary32, on the tile kernels of dot_f32.h.
//
// Definition (ConvTransposeF32Reference): input pixel (iy, ix) meets output pixel (oy, ox) through
// tap (kh, kw) when oy = iy * stride_h + kh * dilation_h - pad_top, and likewise in x. Every output
// is one chain of fused multiply-adds from +0 over the taps that some iy, ix (inside the picture or
// not) satisfies, in (kernel row, kernel column, channel) order; pixels outside count as +0, as in
// a convolution. Then + bias if there is one.
//
// How it is computed: output rows, and pixels in a row, fall into classes by (oy + pad_top) mod
// stride_h; all of one class see the same taps, so a class is a matrix product with weights of its
// own.
#pragma once

#include "plumb/kernels/dot_f32/dot_f32.h"

namespace plumb::kernels {

// Weights are [in_channels][kernel_h][kernel_w][out_channels / groups].
struct ConvTransposeF32Shape {
  int64_t batch = 1, in_h = 1, in_w = 1, in_channels = 1;
  int64_t out_h = 1, out_w = 1, out_channels = 1;
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0;
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t groups = 1;
};

class ConvTransposeF32 {
 public:
  // Packs the weights.
  ConvTransposeF32(const ConvTransposeF32Shape& shape, const DotF32Kernel& kernel,
                   const float* weights);

  [[nodiscard]] size_t packed_bytes() const { return packed_.bytes(); }
  [[nodiscard]] static size_t scratch_bytes(int threads) { return DotF32ScratchBytes(threads); }
  // x [batch][in_h][in_w][in_channels], bias [out_channels] or null, y
  // [batch][out_h][out_w][out_channels].
  void Run(const float* x, const float* bias, float* y, ThreadPool& pool,
           std::span<std::byte> scratch) const;

  // The taps that the positions of one class along an axis see, ascending.
  struct Class {
    int64_t residue;  // (position + pad) mod stride
    std::vector<int64_t> taps;
  };

 private:
  struct Product {
    DotF32Panels panels;
    int64_t offset;  // of its group 0 in packed_; groups follow each other
  };
  void RunRow(const float* x, const float* bias, float* y, int64_t row, float* scratch) const;

  ConvTransposeF32Shape s_;
  const DotF32Kernel& kernel_;
  std::vector<Class> rows_, columns_;  // those that see a tap
  std::vector<Product> products_;      // [rows_][columns_]
  Tensor packed_;
};

// The definition, in plain loops.
void ConvTransposeF32Reference(const ConvTransposeF32Shape& s, const float* x, const float* w,
                               const float* bias, float* y);

}  // namespace plumb::kernels
