// The window is taken apart: greatest of each row of the window first (once for each input row,
// kept in a ring), then over the rows. The first greatest of the row-wise first greatest is the
// first greatest of the window, so the bits are the same.
#include <algorithm>
#include <functional>
#include <limits>

#include "plumb/kernels/pool/pool.h"

namespace plumb::kernels {
namespace {

template <typename T>
constexpr T Least() {
  return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                              : std::numeric_limits<T>::lowest();
}

int64_t RingRows(const PoolShape& s) {
  return std::min((s.kernel_h - 1) * s.dilation_h + 1, s.in_h);
}

int64_t RowElements(const PoolShape& s) { return s.out_w * s.channels; }

template <typename T>
void MaxInto(T* to, const T* from, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    to[i] = from[i] > to[i] ? from[i] : to[i];
  }
}

// to[i] = the first greatest of from[i], from[i + step], ... `count` of them.
template <typename T>
void MaxOf(T* to, const T* from, int64_t count, int64_t step, int64_t n) {
  if (count == 5) {
    for (int64_t i = 0; i < n; ++i) {
      T m = from[i];
      m = m > Least<T>() ? m : Least<T>();
      for (int64_t k = 1; k < 5; ++k) {
        const T x = from[i + k * step];
        m = x > m ? x : m;
      }
      to[i] = m;
    }
    return;
  }
  for (int64_t i = 0; i < n; ++i) {
    to[i] = from[i] > Least<T>() ? from[i] : Least<T>();
  }
  for (int64_t k = 1; k < count; ++k) {
    MaxInto(to, from + k * step, n);
  }
}

// One input row [in_w, C] to its row-wise maxima [out_w, C].
template <typename T>
void PoolRow(const PoolShape& s, const T* row, T* to) {
  const int64_t c = s.channels;
  // Outputs [first, last) have their whole window inside.
  const int64_t reach = (s.kernel_w - 1) * s.dilation_w;
  const int64_t first = std::min(s.out_w, (s.pad_left + s.stride_w - 1) / s.stride_w);
  const int64_t room =
      s.in_w - 1 - reach + s.pad_left;  // largest ox * stride with the window inside
  const int64_t last = std::max(first, room < 0 ? 0 : std::min(s.out_w, room / s.stride_w + 1));
  const auto edge = [&](int64_t begin, int64_t end) {
    for (int64_t ox = begin; ox < end; ++ox) {
      T* out = to + ox * c;
      std::fill(out, out + c, Least<T>());
      for (int64_t k = 0; k < s.kernel_w; ++k) {
        const int64_t ix = ox * s.stride_w - s.pad_left + k * s.dilation_w;
        if (ix >= 0 && ix < s.in_w) {
          MaxInto(out, row + ix * c, c);
        }
      }
    }
  };
  edge(0, first);
  if (last > first) {
    const T* from = row + (first * s.stride_w - s.pad_left) * c;
    if (s.stride_w == 1) {
      MaxOf(to + first * c, from, s.kernel_w, s.dilation_w * c, (last - first) * c);
    } else {
      for (int64_t ox = first; ox < last; ++ox, from += s.stride_w * c) {
        MaxOf(to + ox * c, from, s.kernel_w, s.dilation_w * c, c);
      }
    }
  }
  edge(last, s.out_w);
}

}  // namespace

size_t MaxPoolScratch(const PoolShape& shape, size_t element_size, int threads) {
  return static_cast<size_t>(threads) * static_cast<size_t>(RingRows(shape) * RowElements(shape)) *
         element_size;
}

template <typename T>
void MaxPool(const PoolShape& s, const T* input, T* output, void* scratch, ThreadPool& pool) {
  const int64_t row_elements = RowElements(s);
  const int64_t ring = RingRows(s);
  if (s.batch == 0 || row_elements == 0) {
    return;
  }
  auto part = [&](int64_t begin, int64_t end, int thread) {
    T* rows = static_cast<T*>(scratch) + thread * ring * row_elements;
    int64_t image = -1;
    int64_t done = 0;  // input rows below this are pooled (or passed over)
    for (int64_t at = begin; at < end; ++at) {
      const int64_t n = at / s.out_h;
      const int64_t top = at % s.out_h * s.stride_h - s.pad_top;
      if (n != image) {
        image = n;
        done = 0;
      }
      const T* picture = input + n * s.in_h * s.in_w * s.channels;
      T* out = output + at * row_elements;
      bool any = false;
      for (int64_t k = 0; k < s.kernel_h; ++k) {
        const int64_t iy = top + k * s.dilation_h;
        if (iy < 0 || iy >= s.in_h) {
          continue;
        }
        T* pooled = rows + iy % ring * row_elements;
        if (s.dilation_h > 1 || iy >= done) {
          PoolRow(s, picture + iy * s.in_w * s.channels, pooled);
          done = iy + 1;
        }
        if (any) {
          MaxInto(out, pooled, row_elements);
        } else {
          std::copy(pooled, pooled + row_elements, out);
          any = true;
        }
      }
      if (!any) {
        std::fill(out, out + row_elements, Least<T>());
      }
    }
  };
  const int64_t grain = std::max<int64_t>(1, 4096 / row_elements);
  pool.ParallelFor(s.batch * s.out_h, grain, std::ref(part));
}

template <typename T>
void MaxPoolReference(const PoolShape& s, const T* input, T* output) {
  for (int64_t at = 0; at < s.batch * s.out_h * s.out_w * s.channels; ++at) {
    const int64_t c = at % s.channels;
    const int64_t ox = at / s.channels % s.out_w;
    const int64_t oy = at / s.channels / s.out_w % s.out_h;
    const int64_t n = at / s.channels / s.out_w / s.out_h;
    T best = Least<T>();
    for (int64_t kh = 0; kh < s.kernel_h; ++kh) {
      for (int64_t kw = 0; kw < s.kernel_w; ++kw) {
        const int64_t iy = oy * s.stride_h - s.pad_top + kh * s.dilation_h;
        const int64_t ix = ox * s.stride_w - s.pad_left + kw * s.dilation_w;
        if (iy >= 0 && iy < s.in_h && ix >= 0 && ix < s.in_w) {
          const T x = input[((n * s.in_h + iy) * s.in_w + ix) * s.channels + c];
          best = x > best ? x : best;
        }
      }
    }
    output[at] = best;
  }
}

template void MaxPool<float>(const PoolShape&, const float*, float*, void*, ThreadPool&);
template void MaxPool<int16_t>(const PoolShape&, const int16_t*, int16_t*, void*, ThreadPool&);
template void MaxPool<uint8_t>(const PoolShape&, const uint8_t*, uint8_t*, void*, ThreadPool&);
template void MaxPoolReference<float>(const PoolShape&, const float*, float*);
template void MaxPoolReference<int8_t>(const PoolShape&, const int8_t*, int8_t*);
template void MaxPoolReference<int16_t>(const PoolShape&, const int16_t*, int16_t*);
template void MaxPoolReference<uint8_t>(const PoolShape&, const uint8_t*, uint8_t*);

}  // namespace plumb::kernels
