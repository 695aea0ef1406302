// GFMA/s of each kernel on a depthwise 3x3 layer, one thread.
//
// Floor: one load of the picture a multiply-add, and two loads a cycle: as many multiply-adds a
// cycle as the core has units for (see dot_f32_bench.cc), while the rows stay in the first cache;
// beyond it the memory's bandwidth.
#include <benchmark/benchmark.h>

#include "plumb/base/tensor.h"
#include "plumb/kernels/dwconv_f32/dwconv_f32.h"

namespace plumb::kernels {
namespace {

void BM_DwConv(benchmark::State& state, const DwConvF32Kernel* kernel, int64_t size,
               int64_t channels) {
  DwConvF32Shape s;
  s.in_h = s.in_w = s.out_h = s.out_w = size, s.channels = channels;
  s.kernel_h = s.kernel_w = 3, s.pad_top = s.pad_left = 1;
  Tensor x(DType::kF32, {size, size, channels}), y = x, w(DType::kF32, {9, channels}),
                                                 zeros(DType::kF32, {channels});
  Tensor scratch(DType::kU8, {static_cast<int64_t>(DwConvF32ScratchBytes(s, 1))});
  ThreadPool pool(1);
  const DwConvF32Job job{kernel,
                         &s,
                         x.values<float>().data(),
                         w.values<float>().data(),
                         nullptr,
                         zeros.values<float>().data(),
                         y.values<float>().data()};
  for (auto _ : state) {
    RunDwConvF32(job, pool, {static_cast<std::byte*>(scratch.raw()), scratch.bytes()});
  }
  state.counters["GFMA/s"] =
      benchmark::Counter(static_cast<double>(size * size * channels * 9) * 1e-9,
                         benchmark::Counter::kIsIterationInvariantRate);
}

const bool kRegistered = [] {
  for (const DwConvF32Kernel* kernel : DwConvF32Kernels()) {
    for (const auto& [size, channels] : {std::pair{104, 16}, {56, 144}, {14, 576}}) {
      const std::string name =
          std::string(kernel->name) + "/" + std::to_string(size) + "x" + std::to_string(channels);
      benchmark::RegisterBenchmark(name.c_str(), BM_DwConv, kernel, size, channels);
    }
  }
  return true;
}();

}  // namespace
}  // namespace plumb::kernels
