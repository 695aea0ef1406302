// Packing: columns of b into panels, rows of a into blocks.
#include <algorithm>
#include <cstring>

#include "plumb/kernels/dot_f32/dot_f32.h"

namespace plumb::kernels {

DotF32Panels::DotF32Panels(const DotF32Kernel& kernel, int64_t k, int64_t columns)
    : panel_(kernel.panel), k_(k), columns_(columns) {}

int64_t DotF32Panels::width(int64_t index) const {
  return columns_ - index * panel_ <= panel_ / 2 ? panel_ / 2 : panel_;
}

int64_t DotF32Panels::elements() const {
  const int64_t n = count();
  return n == 0 ? 0 : offset(n - 1) + width(n - 1) * k_;
}

void DotF32Panels::PackColumns(const float* b, float* packed) const {
  for (int64_t panel = 0; panel < count(); ++panel) {
    const int64_t wide = width(panel);
    float* out = packed + offset(panel);
    for (int64_t j = 0; j < wide; ++j) {
      const int64_t column = panel * panel_ + j;
      for (int64_t i = 0; i < k_; ++i) {
        out[i * wide + j] = column < columns_ ? b[column * k_ + i] : 0.0f;
      }
    }
  }
}

void DotF32Panels::PackRows(const float* b, int64_t begin, int64_t end, float* packed) const {
  for (int64_t panel = begin; panel < end; ++panel) {
    const int64_t wide = width(panel);
    const int64_t there = std::min(wide, columns_ - panel * panel_);
    float* out = packed + offset(panel);
    for (int64_t i = 0; i < k_; ++i, out += wide) {
      std::copy_n(b + i * columns_ + panel * panel_, there, out);
      std::fill_n(out + there, wide - there, 0.0f);
    }
  }
}

void DotF32Matrix::Copy(int64_t row, int64_t rows, int64_t k_begin, int64_t k_end,
                        float* out) const {
  for (int64_t r = 0; r < rows; ++r) {
    std::memcpy(out + r * kDotF32Stride, a_ + (row + r) * stride_ + k_begin,
                static_cast<size_t>(k_end - k_begin) * sizeof(float));
  }
}

DotF32Pixels::DotF32Pixels(const ConvF32Shape& shape, int64_t group, const float* x)
    : s_(shape),
      x_(x + group * (shape.in_channels / shape.groups)),
      whole_rows_(shape.groups == 1 && shape.dilation_w == 1),
      runs_x_(whole_rows_ ? 1 : shape.kernel_w),
      run_length_((whole_rows_ ? shape.kernel_w : 1) * (shape.in_channels / shape.groups)) {}

void DotF32Pixels::Copy(int64_t row, int64_t rows, int64_t k_begin, int64_t k_end,
                        float* out) const {
  int64_t ox = row % s_.out_w;
  int64_t oy = row / s_.out_w % s_.out_h;
  int64_t image = row / (s_.out_w * s_.out_h);
  for (int64_t r = 0; r < rows; ++r, out += kDotF32Stride) {
    CopyPixel(image, oy, ox, k_begin, k_end, out);
    if (++ox == s_.out_w) {
      ox = 0;
      if (++oy == s_.out_h) {
        oy = 0;
        ++image;
      }
    }
  }
}

void DotF32Pixels::CopyPixel(int64_t image, int64_t oy, int64_t ox, int64_t k_begin, int64_t k_end,
                             float* out) const {
  const int64_t taps = whole_rows_ ? s_.kernel_w : 1;
  const int64_t depth = run_length_ / taps;
  int64_t k = k_begin;
  while (k < k_end) {  // one run of memory: the part of run k / run_length_ that lies in [k, k_end)
    const int64_t run = k / run_length_;
    const int64_t run_begin = run * run_length_;
    const int64_t n = std::min(k_end, run_begin + run_length_) - k;
    const int64_t iy = oy * s_.stride_h - s_.pad_top + run / runs_x_ * s_.dilation_h;
    const int64_t ix = ox * s_.stride_w - s_.pad_left + run % runs_x_ * s_.dilation_w;
    int64_t first = 0, last = 0;  // of the run's elements, those inside the picture
    if (iy >= 0 && iy < s_.in_h) {
      first = std::clamp<int64_t>(-ix, 0, taps) * depth;
      last = std::clamp<int64_t>(s_.in_w - ix, 0, taps) * depth;
    }
    const int64_t begin = std::clamp(first - (k - run_begin), int64_t{0}, n);
    const int64_t end = std::clamp(last - (k - run_begin), begin, n);
    if (begin > 0) {
      std::memset(out, 0, static_cast<size_t>(begin) * sizeof(float));
    }
    if (end > begin) {
      const int64_t pixel =
          (image * s_.in_h + iy) * s_.in_w + ix;  // ix may be left of the picture, begin is not
      const int64_t offset = pixel * s_.in_channels + (k - run_begin) + begin;
      std::memcpy(out + begin, x_ + offset, static_cast<size_t>(end - begin) * sizeof(float));
    }
    if (n > end) {
      std::memset(out + end, 0, static_cast<size_t>(n - end) * sizeof(float));
    }
    out += n;
    k += n;
  }
}

}  // namespace plumb::kernels
