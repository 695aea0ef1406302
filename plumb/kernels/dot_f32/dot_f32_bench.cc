// GFMA/s of each kernel on layers of YOLOv5s at 640x640, one thread.
//
// Floor: a core retires two 512-bit (AVX2: two 256-bit) fused multiply-adds a cycle where it has
// two such units (Intel servers: 32 GFMA/s per GHz), one where it has one (Zen 4: 16 per GHz); AVX2
// 16 per GHz on both. A layer cannot be faster than its multiply-adds at that rate.
#include <benchmark/benchmark.h>

#include "plumb/kernels/dot_f32/conv_f32.h"

namespace plumb::kernels {
namespace {

void BM_Conv(benchmark::State& state, const DotF32Kernel* kernel, ConvF32Shape s) {
  Tensor x(DType::kF32, {s.in_h, s.in_w, s.in_channels});
  Tensor y(DType::kF32, {s.out_h, s.out_w, s.out_channels});
  Tensor w(DType::kF32, {s.out_channels * s.k()});
  const ConvF32 conv(s, *kernel, w.values<float>().data());
  ThreadPool pool(1);
  Tensor scratch(DType::kU8, {static_cast<int64_t>(conv.ScratchBytes(1))});
  for (auto _ : state) {
    conv.Run(x.values<float>().data(), nullptr, {}, y.values<float>().data(), pool,
             {static_cast<std::byte*>(scratch.raw()), scratch.bytes()});
  }
  const double fma = static_cast<double>(s.rows() * s.out_channels * s.k());
  state.counters["GFMA/s"] =
      benchmark::Counter(fma * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

ConvF32Shape Layer(int64_t in, int64_t c, int64_t o, int64_t kernel, int64_t stride, int64_t pad) {
  ConvF32Shape s;
  s.in_h = s.in_w = in, s.in_channels = c, s.out_channels = o, s.kernel_h = s.kernel_w = kernel;
  s.stride_h = s.stride_w = stride, s.pad_top = s.pad_left = pad;
  s.out_h = s.out_w = (in + 2 * pad - kernel) / stride + 1;
  return s;
}

const bool kRegistered = [] {
  const ConvF32Shape layers[] = {Layer(640, 3, 32, 6, 2, 2),    Layer(320, 32, 64, 3, 2, 1),
                                 Layer(160, 64, 32, 1, 1, 0),   Layer(160, 32, 32, 3, 1, 1),
                                 Layer(80, 64, 64, 3, 1, 1),    Layer(40, 256, 512, 3, 2, 1),
                                 Layer(20, 1024, 512, 1, 1, 0), Layer(20, 256, 256, 3, 1, 1)};
  for (const DotF32Kernel* kernel : DotF32Kernels()) {
    if (kernel->isa == Isa::kScalar) {
      continue;  // seconds a layer
    }
    for (const ConvF32Shape& s : layers) {
      const std::string name = StrCat(kernel->name, "/", s.in_h, "x", s.in_channels, "_",
                                      s.kernel_h, "x", s.kernel_w, "x", s.out_channels);
      benchmark::RegisterBenchmark(name.c_str(), BM_Conv, kernel, s);
    }
  }
  return true;
}();

}  // namespace
}  // namespace plumb::kernels
