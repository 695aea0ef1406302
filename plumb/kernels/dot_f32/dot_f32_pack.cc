// Packing: columns of b into panels, rows of a into blocks.
#include <algorithm>
#include <cstring>

#include "plumb/kernels/dot_f32/dot_f32.h"

namespace plumb::kernels {
namespace {

// Short runs are the rule: a call of memcpy would cost more than the copy.
inline void CopyFloats(const float* from, float* to, int64_t n) {
  if (n >= 48) {
    std::memcpy(to, from, static_cast<size_t>(n) * sizeof(float));
    return;
  }
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    std::memcpy(to + i, from + i, 4 * sizeof(float));
  }
  for (; i < n; ++i) {
    to[i] = from[i];
  }
}

}  // namespace

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
  int64_t line = row / s_.out_w;  // of batch * out_h
  while (rows > 0) {
    const int64_t count = std::min(rows, s_.out_w - ox);
    CopySpan(line / s_.out_h, line % s_.out_h, ox, count, k_begin, k_end, out);
    out += count * kDotF32Stride;
    rows -= count;
    ox = 0;
    ++line;
  }
}

void DotF32Pixels::CopySpan(int64_t image, int64_t oy, int64_t ox, int64_t count, int64_t k_begin,
                            int64_t k_end, float* out) const {
  const int64_t taps = whole_rows_ ? s_.kernel_w : 1;
  const int64_t depth = run_length_ / taps;
  int64_t run = k_begin / run_length_;
  for (int64_t k = k_begin; k < k_end; ++run) {
    // The part of run number `run` that lies in [k_begin, k_end): n elements from `skip` on.
    const int64_t skip = k - run * run_length_;
    const int64_t n = std::min(k_end - k, run_length_ - skip);
    const int64_t iy = oy * s_.stride_h - s_.pad_top + run / runs_x_ * s_.dilation_h;
    const int64_t left = run % runs_x_ * s_.dilation_w - s_.pad_left;  // of the pixel's first tap
    const bool inside = iy >= 0 && iy < s_.in_h;
    // Pixels from `first` to `last` of the row have all taps of the run in the picture.
    const int64_t room = s_.in_w - taps - left;
    const int64_t first = inside && left < 0 ? (-left + s_.stride_w - 1) / s_.stride_w : 0;
    const int64_t last = inside && room >= 0 ? room / s_.stride_w : -1;
    const int64_t line = (image * s_.in_h + iy) * s_.in_w;
    for (int64_t i = 0; i < count; ++i) {
      float* to = out + i * kDotF32Stride;
      const int64_t ix = (ox + i) * s_.stride_w + left;
      if (ox + i >= first && ox + i <= last) {
        CopyFloats(x_ + (line + ix) * s_.in_channels + skip, to, n);
        continue;
      }
      int64_t begin = n, end = n;  // of the n elements, those inside
      if (inside) {
        begin = std::clamp(std::clamp<int64_t>(-ix, 0, taps) * depth - skip, int64_t{0}, n);
        end = std::clamp(std::clamp<int64_t>(s_.in_w - ix, 0, taps) * depth - skip, begin, n);
      }
      std::fill_n(to, begin, 0.0f);
      if (end >
          begin) {  // the offset is of an element inside, though ix may be left of the picture
        CopyFloats(x_ + ((line + ix) * s_.in_channels + skip + begin), to + begin, end - begin);
      }
      std::fill_n(to + end, n - end, 0.0f);
    }
    out += n;
    k += n;
  }
}

}  // namespace plumb::kernels
