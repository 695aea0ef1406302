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

}  // namespace plumb::kernels
