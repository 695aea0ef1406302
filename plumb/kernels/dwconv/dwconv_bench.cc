// Picoseconds an output of each kernel on depthwise layers of real networks, one thread, the three
// 8-bit ends. The floor is in dwconv.h.
#include <benchmark/benchmark.h>

#include <string>

#include "plumb/kernels/dwconv/dwconv.h"
#include "plumb/kernels/lut/lut.h"
#include "plumb/numerics/elementary.h"
#include "plumb/numerics/simd_scalar.h"

namespace plumb::kernels {
namespace {

void Silu(const float* in, float* out, int64_t n, const float*) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = numerics::Silu(numerics::scalar::F32{in[i]}).v;
  }
}

struct Case {
  int64_t size, channels, kernel, stride;
};

void BM_DwConv(benchmark::State& state, const DwConvKernel* kernel, const Case& c, EndKind kind) {
  DwConvLayer l;
  l.in_height = l.in_width = c.size, l.channels = c.channels;
  l.kernel_height = l.kernel_width = c.kernel;
  l.stride_height = l.stride_width = c.stride;
  l.pad_top = l.pad_left = c.kernel / 2;
  l.out_height = l.out_width = (c.size - 1) / c.stride + 1;
  const auto channels = static_cast<size_t>(c.channels);
  const std::vector<int32_t> zero(channels, -3);
  const std::vector<float> multiplier(channels, 0.0007f), scale(channels, 0.03f);
  std::vector<int8_t> weights(channels * static_cast<size_t>(c.kernel * c.kernel)), table(256);
  Tensor x(DType::kS8, {c.size, c.size, c.channels});
  for (size_t i = 0; i < x.bytes(); ++i) {
    x.values<int8_t>()[i] = static_cast<int8_t>(i * 37);
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    weights[i] = static_cast<int8_t>(i * 5);
  }
  l.x_zero_point = zero.data();
  l.weights = weights.data();
  l.end.kind = kind;
  l.end.multiplier = multiplier.data();
  l.end.y_zero_point = zero.data();
  l.end.y_scale = scale.data();
  l.end.table = table.data();
  l.end.look_up = SelectLut(kernel->isa).run;
  l.end.function = {Silu, nullptr, KnownFunction::kSilu};
  const DwConvPacked packed(l, *kernel);
  Tensor y(DType::kS8, {l.out_height, l.out_width, c.channels});
  Tensor scratch(DType::kU8, {static_cast<int64_t>(packed.ScratchBytes(1))});
  ThreadPool pool(1);
  for (auto _ : state) {
    packed.Run(x.values<int8_t>().data(), y.raw(),
               {static_cast<std::byte*>(scratch.raw()), scratch.bytes()}, pool);
  }
  state.counters["ps/output"] = benchmark::Counter(
      static_cast<double>(y.size()) * 1e-12,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

const bool kRegistered = [] {
  constexpr std::pair<EndKind, const char*> kEnds[] = {
      {EndKind::kRequantize, "requantize"}, {EndKind::kTable, "table"}, {EndKind::kRealS8, "silu"}};
  for (const DwConvKernel* kernel : DwConvKernels()) {
    for (const Case& c : {Case{160, 16, 3, 1},
                          {208, 16, 3, 2},
                          {44, 24, 3, 1},
                          {88, 24, 3, 2},
                          {56, 144, 3, 1},
                          {112, 96, 3, 2},
                          {80, 64, 3, 1},
                          {14, 576, 3, 1},
                          {7, 960, 3, 1},
                          {22, 72, 5, 1}}) {
      for (const auto& [kind, end] : kEnds) {
        const std::string name = std::string(kernel->name) + "/" + std::to_string(c.size) + "x" +
                                 std::to_string(c.channels) + "k" + std::to_string(c.kernel) + "s" +
                                 std::to_string(c.stride) + "/" + end;
        benchmark::RegisterBenchmark(name.c_str(), BM_DwConv, kernel, c, kind);
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace plumb::kernels
