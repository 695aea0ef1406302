// GMAC/s of each kernel on the layers of YOLOv5s at 640x640, one thread, and the time of all of
// them ("all").
//
// Floor: a core retires two 512-bit dot products of bytes a cycle where it has two such units
// (Intel servers: 128 MAC a cycle, 128 GMAC/s per GHz), one where it has one (Zen 4: 64 per GHz);
// AVX2 multiply-adds of 16-bit pairs: 32 MAC a cycle. A layer cannot be faster than its products at
// that rate: YOLOv5s has 8.2 GMAC, 37 ms at 220 GMAC/s. The counter "peak" is the rate of the tile
// kernel alone on data in the first-level cache, so "of_peak" is the distance to what this machine
// can do with this kernel.
#include <benchmark/benchmark.h>

#include <ctime>
#include <map>
#include <memory>
#include <random>

#include "plumb/kernels/dot/dot.h"
#include "plumb/kernels/lut/lut.h"

namespace plumb::kernels {
namespace {

struct Case {
  int64_t size, in, out, kernel, stride, pad;
  int count;  // in the network
};

constexpr Case kLayers[] = {
    {640, 3, 32, 6, 2, 2, 1},    {320, 32, 64, 3, 2, 1, 1},  {160, 64, 32, 1, 1, 0, 2},
    {160, 32, 32, 1, 1, 0, 1},   {160, 32, 32, 3, 1, 1, 1},  {160, 64, 64, 1, 1, 0, 1},
    {160, 64, 128, 3, 2, 1, 1},  {80, 128, 64, 1, 1, 0, 2},  {80, 64, 64, 1, 1, 0, 3},
    {80, 64, 64, 3, 1, 1, 3},    {80, 128, 128, 1, 1, 0, 2}, {80, 128, 256, 3, 2, 1, 1},
    {40, 256, 128, 1, 1, 0, 5},  {40, 128, 128, 1, 1, 0, 5}, {40, 128, 128, 3, 1, 1, 5},
    {40, 256, 256, 1, 1, 0, 3},  {40, 256, 512, 3, 2, 1, 1}, {20, 512, 256, 1, 1, 0, 6},
    {20, 256, 256, 1, 1, 0, 2},  {20, 256, 256, 3, 1, 1, 2}, {20, 512, 512, 1, 1, 0, 2},
    {20, 1024, 512, 1, 1, 0, 1}, {40, 512, 128, 1, 1, 0, 2}, {80, 256, 64, 1, 1, 0, 2},
    {80, 128, 128, 3, 2, 1, 1},  {40, 256, 256, 3, 2, 1, 1}, {80, 128, 255, 1, 1, 0, 1},
    {40, 256, 255, 1, 1, 0, 1},  {20, 512, 255, 1, 1, 0, 1},
};

// A layer with random contents, ending in a table (the usual form of SiLU).
struct Bench {
  Tensor x, y, w, m, table, scratch;
  std::vector<int32_t> x_zero;
  std::unique_ptr<DotPacked> packed;
  double macs = 0;

  Bench(const Case& c, const DotKernel& kernel) {
    DotLayer layer;
    DotGeometry& g = layer.geometry;
    g.in_height = g.in_width = c.size;
    g.in_channels = c.in;
    g.out_channels = c.out;
    g.kernel_height = g.kernel_width = c.kernel;
    g.stride_height = g.stride_width = c.stride;
    g.pad_top = g.pad_left = c.pad;
    g.out_height = g.out_width = (c.size + 2 * c.pad - c.kernel) / c.stride + 1;
    x = Tensor(DType::kS8, {c.size, c.size, c.in});
    y = Tensor(DType::kS8, {g.out_height, g.out_width, c.out});
    w = Tensor(DType::kS8, {c.out, c.kernel, c.kernel, c.in});
    m = Tensor(DType::kF32, {c.out});
    table = Tensor(DType::kS8, {256});
    std::mt19937 random(1);
    for (Tensor* t : {&x, &w, &table}) {
      for (int8_t& v : t->values<int8_t>()) {
        v = static_cast<int8_t>(random() | 1);
      }
    }
    std::fill(m.values<float>().begin(), m.values<float>().end(), 0.001f);
    x_zero.assign(static_cast<size_t>(c.in), -3);
    layer.x_zero_point = x_zero.data();
    layer.weights = w.values<int8_t>().data();
    layer.end.multiplier = m.values<float>().data();
    layer.end.kind = EndKind::kTable;
    layer.end.table = table.values<int8_t>().data();
    layer.end.look_up = SelectLut(kernel.isa).run;
    packed = std::make_unique<DotPacked>(layer, kernel);
    scratch = Tensor(DType::kU8, {static_cast<int64_t>(packed->ScratchBytes(1))});
    macs = static_cast<double>(DotPixels(g) * g.out_channels * DotDepth(g));
  }
  void Run(ThreadPool& pool) {
    packed->Run(x.values<int8_t>().data(), y.raw(),
                {static_cast<std::byte*>(scratch.raw()), scratch.bytes()}, pool);
  }
};

// Of this thread alone: others may be busy.
double ThreadSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// GMAC/s of the kernel's whole tile on a panel that stays in the first-level cache.
double Peak(const DotKernel& kernel) {
  static std::map<const DotKernel*, double> known;
  if (known.contains(&kernel)) {
    return known[&kernel];
  }
  const int64_t k = 256;
  Tensor a(DType::kS8, {kernel.tile_rows * k * kernel.element_bytes});
  Tensor w(DType::kS8, {k * kernel.tile_channels});
  Tensor start(DType::kS32, {kernel.tile_channels});
  Tensor acc(DType::kS32, {kernel.tile_rows, kernel.tile_channels});
  const int64_t run = 0;
  const DotTile tile{static_cast<const std::byte*>(a.raw()),
                     k * kernel.element_bytes,
                     &run,
                     1,
                     k / kernel.k_step,
                     w.values<int8_t>().data(),
                     start.values<int32_t>().data(),
                     acc.values<int32_t>().data(),
                     kernel.tile_rows,
                     kernel.tile_channels};
  if (kernel.enter != nullptr) {
    kernel.enter();
  }
  double best = 0;
  for (int repeat = 0; repeat < 20; ++repeat) {
    const double from = ThreadSeconds();
    const int calls = 1000;
    for (int i = 0; i < calls; ++i) {
      kernel.tile(tile);
      benchmark::ClobberMemory();
    }
    const double time = ThreadSeconds() - from;
    best = std::max(
        best,
        1e-9 * static_cast<double>(calls * k * kernel.tile_rows * kernel.tile_channels) / time);
  }
  if (kernel.leave != nullptr) {
    kernel.leave();
  }
  return known[&kernel] = best;
}

void Report(benchmark::State& state, const DotKernel& kernel, double macs) {
  using benchmark::Counter;
  state.counters["GMAC/s"] = Counter(macs * 1e-9, Counter::kIsIterationInvariantRate);
  state.counters["of_peak"] =
      Counter(macs * 1e-9 / Peak(kernel), Counter::kIsIterationInvariantRate);
}

void BM_Layer(benchmark::State& state, const DotKernel* kernel, Case c) {
  Bench bench(c, *kernel);
  ThreadPool pool(1);
  for (auto _ : state) {
    bench.Run(pool);
  }
  Report(state, *kernel, bench.macs);
}

void BM_All(benchmark::State& state, const DotKernel* kernel) {
  std::vector<std::unique_ptr<Bench>> layers;
  double macs = 0;
  for (const Case& c : kLayers) {
    for (int i = 0; i < c.count; ++i) {
      layers.push_back(std::make_unique<Bench>(c, *kernel));
      macs += layers.back()->macs;
    }
  }
  ThreadPool pool(1);
  for (auto _ : state) {
    for (const auto& layer : layers) {
      layer->Run(pool);
    }
  }
  Report(state, *kernel, macs);
  state.counters["GMAC"] = macs * 1e-9;
  state.counters["peak"] = Peak(*kernel);
}

const bool kRegistered = [] {
  for (const DotKernel* kernel : DotKernels()) {
    if (kernel->isa == Isa::kScalar) {
      continue;  // seconds a layer
    }
    benchmark::RegisterBenchmark(StrCat(kernel->name, "/all").c_str(), BM_All, kernel)
        ->Unit(benchmark::kMillisecond);
    for (const Case& c : kLayers) {
      const std::string name = StrCat(kernel->name, "/", c.size, "x", c.in, "_", c.kernel, "x",
                                      c.kernel, "s", c.stride, "x", c.out);
      benchmark::RegisterBenchmark(name.c_str(), BM_Layer, kernel, c)
          ->Unit(benchmark::kMillisecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace plumb::kernels
