#include "plumb/kernels/pool/max_s8.h"

#include <algorithm>
#include <functional>

#include "plumb/kernels/common/select.h"

namespace plumb::kernels {
namespace {

constexpr const MaxS8Kernel* kKernels[] = {
#define PLUMB_MAX_S8(kernel) &kernel,
#include "plumb/kernels/pool/max_s8_kernels.inc"
#undef PLUMB_MAX_S8
};

constexpr int8_t kLeast = -128;

// The rows or columns of a window that lie inside: at most all of the picture's.
int64_t PointerBytes(const PoolShape& s) {
  return static_cast<int64_t>(sizeof(void*)) *
         std::max(std::min(s.kernel_h, s.in_h), std::min(s.kernel_w, s.in_w));
}
int64_t ScratchBytes(const PoolShape& s) {
  return PointerBytes(s) + (s.in_w * s.channels + 63) / 64 * 64;
}

// Where window position k of a window that begins at `begin` lies inside [0, size).
template <typename F>
void ForInside(int64_t begin, int64_t count, int64_t dilation, int64_t size, const F& f) {
  const int64_t first = begin >= 0 ? 0 : (-begin + dilation - 1) / dilation;
  for (int64_t k = first; k < count && begin + k * dilation < size; ++k) {
    f(begin + k * dilation);
  }
}

// A row of greatest columns [in_w, C] to the windows of a row [out_w, C].
void PoolColumns(const MaxS8Kernel& kernel, const PoolShape& s, const int8_t* row,
                 const int8_t** from, int8_t* to) {
  const int64_t c = s.channels;
  const auto run = [&](int64_t begin, int64_t pixels, int64_t step, int64_t n, int8_t* y) {
    int64_t count = 0;
    ForInside(begin, s.kernel_w, s.dilation_w, s.in_w,
              [&](int64_t ix) { from[count++] = row + ix * c; });
    if (count == 0) {
      std::fill(y, y + pixels * n, kLeast);
    } else {
      kernel.run({from, count, pixels, step, n, y});
    }
  };
  // Outputs [first, last) have their whole window inside.
  const int64_t reach = (s.kernel_w - 1) * s.dilation_w;
  const int64_t first = std::min(s.out_w, (s.pad_left + s.stride_w - 1) / s.stride_w);
  const int64_t room = s.in_w - 1 - reach + s.pad_left;
  const int64_t last = std::max(first, room < 0 ? 0 : std::min(s.out_w, room / s.stride_w + 1));
  for (int64_t ox = 0; ox < s.out_w; ++ox) {
    if (ox == first && last > first) {
      const int64_t pixels = last - first;
      const bool whole = s.stride_w == 1;
      run(ox - s.pad_left + ox * (s.stride_w - 1), whole ? 1 : pixels, s.stride_w * c,
          whole ? pixels * c : c, to + ox * c);
      ox = last;
      if (ox == s.out_w) {
        break;
      }
    }
    run(ox * s.stride_w - s.pad_left, 1, 0, c, to + ox * c);
  }
}

}  // namespace

std::vector<const MaxS8Kernel*> MaxS8Kernels() { return RunnableKernels<MaxS8Kernel>(kKernels); }
const MaxS8Kernel& SelectMaxS8(Isa isa) { return SelectKernel<MaxS8Kernel>(kKernels, isa); }

size_t MaxS8Scratch(const PoolShape& shape, int threads) {
  return static_cast<size_t>(threads) * static_cast<size_t>(ScratchBytes(shape));
}

void MaxS8(const MaxS8Kernel& kernel, const PoolShape& s, const int8_t* input, int8_t* output,
           void* scratch, ThreadPool& pool) {
  if (s.batch == 0 || s.channels == 0) {
    return;
  }
  const auto part = [&](int64_t begin, int64_t end, int thread) {
    auto* own = static_cast<std::byte*>(scratch) + thread * ScratchBytes(s);
    const auto** from = reinterpret_cast<const int8_t**>(own);
    auto* row = reinterpret_cast<int8_t*>(own + PointerBytes(s));
    for (int64_t at = begin; at < end; ++at) {
      const int8_t* picture = input + at / s.out_h * s.in_h * s.in_w * s.channels;
      int8_t* y = output + at * s.out_w * s.channels;
      int64_t count = 0;
      ForInside(at % s.out_h * s.stride_h - s.pad_top, s.kernel_h, s.dilation_h, s.in_h,
                [&](int64_t iy) { from[count++] = picture + iy * s.in_w * s.channels; });
      if (count == 0) {
        std::fill(y, y + s.out_w * s.channels, kLeast);
        continue;
      }
      kernel.run({from, count, 1, 0, s.in_w * s.channels, row});
      PoolColumns(kernel, s, row, from, y);
    }
  };
  const int64_t grain = std::max<int64_t>(1, 16384 / (s.out_w * s.channels));
  pool.ParallelFor(s.batch * s.out_h, grain, std::cref(part));
}

}  // namespace plumb::kernels
