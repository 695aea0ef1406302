#include <algorithm>
#include <functional>

#include "plumb/kernels/pool/pool.h"

namespace plumb::kernels {
namespace {

// Window positions start + k * dilation, k < kernel, that are below `limit` and not below `from`.
int64_t CountInside(int64_t start, int64_t kernel, int64_t dilation, int64_t from, int64_t limit) {
  int64_t count = 0;
  for (int64_t k = 0; k < kernel; ++k) {
    const int64_t at = start + k * dilation;
    count += at >= from && at < limit ? 1 : 0;
  }
  return count;
}

}  // namespace

void AveragePool(const PoolShape& s, bool count_include_pad, const float* input, float* output,
                 ThreadPool& pool) {
  const int64_t c = s.channels;
  if (s.batch == 0 || c == 0) {
    return;
  }
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t ox = at % s.out_w;
      const int64_t oy = at / s.out_w % s.out_h;
      const int64_t n = at / s.out_w / s.out_h;
      const int64_t top = oy * s.stride_h - s.pad_top;
      const int64_t left = ox * s.stride_w - s.pad_left;
      float* out = output + at * c;
      std::fill(out, out + c, 0.0f);
      for (int64_t kh = 0; kh < s.kernel_h; ++kh) {
        const int64_t iy = top + kh * s.dilation_h;
        if (iy < 0 || iy >= s.in_h) {
          continue;
        }
        for (int64_t kw = 0; kw < s.kernel_w; ++kw) {
          const int64_t ix = left + kw * s.dilation_w;
          if (ix < 0 || ix >= s.in_w) {
            continue;
          }
          const float* x = input + ((n * s.in_h + iy) * s.in_w + ix) * c;
          for (int64_t i = 0; i < c; ++i) {
            out[i] += x[i];
          }
        }
      }
      const int64_t count =
          count_include_pad
              ? CountInside(top, s.kernel_h, s.dilation_h, -s.pad_top, s.in_h + s.pad_bottom) *
                    CountInside(left, s.kernel_w, s.dilation_w, -s.pad_left, s.in_w + s.pad_right)
              : CountInside(top, s.kernel_h, s.dilation_h, 0, s.in_h) *
                    CountInside(left, s.kernel_w, s.dilation_w, 0, s.in_w);
      const auto divisor = static_cast<float>(std::max<int64_t>(1, count));
      for (int64_t i = 0; i < c; ++i) {
        out[i] /= divisor;
      }
    }
  };
  pool.ParallelFor(s.batch * s.out_h * s.out_w,
                   std::max<int64_t>(1, 8192 / (c * s.kernel_h * s.kernel_w)), std::ref(part));
}

}  // namespace plumb::kernels
