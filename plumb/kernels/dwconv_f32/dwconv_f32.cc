#include "plumb/kernels/dwconv_f32/dwconv_f32.h"

#include <algorithm>
#include <functional>

#include "plumb/base/check.h"
#include "plumb/base/rounding.h"

namespace plumb::kernels {

#define PLUMB_DWCONV_F32(function, isa) void function(const DwConvF32Run& run);
#include "plumb/kernels/dwconv_f32/dwconv_f32_kernels.inc"
#undef PLUMB_DWCONV_F32

namespace {

constexpr DwConvF32Kernel kKernels[] = {
#define PLUMB_DWCONV_F32(function, isa) {#function, isa, function},
#include "plumb/kernels/dwconv_f32/dwconv_f32_kernels.inc"
#undef PLUMB_DWCONV_F32
};

// A thread's list of taps: pointers, then steps.
size_t TapBytes(const DwConvF32Shape& s) {
  const auto bytes = static_cast<size_t>(s.taps()) * (sizeof(const float*) + sizeof(int64_t));
  return (bytes + 63) / 64 * 64;
}

// One row of the output.
class Row {
 public:
  Row(const DwConvF32Job& job, int64_t row, std::byte* taps)
      : job_(job),
        s_(*job.shape),
        row_(row),
        in_(reinterpret_cast<const float**>(taps)),
        step_(reinterpret_cast<int64_t*>(in_ + s_.taps())) {}

  void Run() {
    // Pixels [left, right) see no padding to their sides: one run. The others one at a time.
    const int64_t reach = (s_.kernel_w - 1) * s_.dilation_w;
    const int64_t last = s_.in_w - 1 - reach + s_.pad_left;  // where the last of them begins
    const int64_t left = std::clamp<int64_t>(CeilDivide(s_.pad_left, s_.stride_w), 0, s_.out_w);
    const int64_t right =
        std::clamp(last < 0 ? int64_t{0} : last / s_.stride_w + 1, left, s_.out_w);
    for (int64_t ox = 0; ox < left; ++ox) {
      RunPixels(ox, 1);
    }
    if (right > left) {
      RunPixels(left, right - left);
    }
    for (int64_t ox = right; ox < s_.out_w; ++ox) {
      RunPixels(ox, 1);
    }
    if (job_.function != nullptr) {
      float* y = job_.y + row_ * s_.out_w * s_.channels;
      job_.function(y, y, s_.out_w * s_.channels, job_.parameters);
    }
  }

 private:
  void RunPixels(int64_t ox, int64_t pixels) {
    const int64_t image = row_ / s_.out_h, oy = row_ % s_.out_h;
    for (int64_t kh = 0, tap = 0; kh < s_.kernel_h; ++kh) {
      const int64_t iy = oy * s_.stride_h - s_.pad_top + kh * s_.dilation_h;
      for (int64_t kw = 0; kw < s_.kernel_w; ++kw, ++tap) {
        const int64_t ix = ox * s_.stride_w - s_.pad_left + kw * s_.dilation_w;
        const bool inside = iy >= 0 && iy < s_.in_h && ix >= 0 && ix < s_.in_w;
        in_[tap] =
            inside ? job_.x + ((image * s_.in_h + iy) * s_.in_w + ix) * s_.channels : job_.zeros;
        step_[tap] = inside ? s_.stride_w * s_.channels : 0;
      }
    }
    job_.kernel->run({in_, step_, s_.taps(), job_.packed, job_.bias,
                      job_.y + (row_ * s_.out_w + ox) * s_.channels, pixels, s_.channels});
  }

  const DwConvF32Job& job_;
  const DwConvF32Shape& s_;
  int64_t row_;  // of batch * out_h
  const float** in_;
  int64_t* step_;
};

}  // namespace

std::vector<const DwConvF32Kernel*> DwConvF32Kernels() {
  std::vector<const DwConvF32Kernel*> found;
  for (const DwConvF32Kernel& kernel : kKernels) {
    if (CpuHas(kernel.isa)) {
      found.push_back(&kernel);
    }
  }
  return found;
}

const DwConvF32Kernel& SelectDwConvF32(Isa isa) {
  for (const DwConvF32Kernel& kernel : kKernels) {
    if (MayRun(isa, kernel.isa)) {
      return kernel;
    }
  }
  PLUMB_CHECK(false) << "the scalar kernel runs everywhere";
  return kKernels[0];
}

void PackDwConvF32(const float* weights, int64_t channels, int64_t taps, float* packed) {
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t t = 0; t < taps; ++t) {
      packed[t * channels + c] = weights[c * taps + t];
    }
  }
}

size_t DwConvF32ScratchBytes(const DwConvF32Shape& shape, int threads) {
  return static_cast<size_t>(threads) * TapBytes(shape);
}

void RunDwConvF32(const DwConvF32Job& job, ThreadPool& pool, std::span<std::byte> scratch) {
  PLUMB_CHECK(scratch.size() >= DwConvF32ScratchBytes(*job.shape, pool.threads()))
      << "scratch of " << scratch.size();
  const size_t tap_bytes = TapBytes(*job.shape);
  const auto work = [&](int64_t begin, int64_t end, int part) {
    for (int64_t row = begin; row < end; ++row) {
      Row(job, row, scratch.data() + static_cast<size_t>(part) * tap_bytes).Run();
    }
  };
  pool.ParallelFor(job.shape->batch * job.shape->out_h, 1, std::ref(work));
}

}  // namespace plumb::kernels
