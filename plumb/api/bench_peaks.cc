#include "plumb/api/bench_peaks.h"

#include <unistd.h>

#include <algorithm>
#include <functional>

#include "plumb/api/stopwatch.h"
#include "plumb/base/thread_pool.h"
#include "plumb/kernels/peak/peak.h"

namespace plumb {
namespace {

constexpr size_t kMemoryBytes = size_t{256} << 20;
constexpr size_t kPieces = 32;  // timed apart: a spell of the machine spoils one, not all
constexpr size_t kUsualCacheBytes = size_t{1} << 20;
constexpr double kLeastMs = 0.5;  // of one measurement

size_t CacheBytes() {
#if defined(_SC_LEVEL2_CACHE_SIZE)
  if (const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE); bytes > 0) {
    return static_cast<size_t>(bytes);
  }
#endif
  return kUsualCacheBytes;
}

}  // namespace

double Peaks::Gmacs(Isa isa, DType products) const {
  for (const Peak& peak : compute) {
    if (peak.isa == isa && peak.products == products) {
      return peak.gmacs;
    }
  }
  return 0;
}

struct PeakMeter::State {
  explicit State(int threads) : pool(threads), memory(kMemoryBytes / sizeof(uint64_t), 1) {}

  ThreadPool pool;
  std::vector<uint64_t> memory;
  std::vector<uint64_t> results = std::vector<uint64_t>(1024);  // by thread: what was read
  std::vector<const kernels::PeakKernel*> loops;                // by entry of peaks.compute
  std::vector<int64_t> steps;
  Peaks peaks;

  double Time(const std::function<void(int)>& work) {
    Stopwatch watch;
    pool.Run(pool.threads(), work);
    return watch.Lap();
  }
  void MeasureLoop(size_t i);
  double ReadGbs(size_t begin, size_t bytes_a_thread, int times);
};

void PeakMeter::State::MeasureLoop(size_t i) {
  double ms = 0;
  while ((ms = Time([&](int) { loops[i]->run(steps[i]); })) < kLeastMs) {
    steps[i] *= 2;
  }
  const double macs = static_cast<double>(loops[i]->macs * steps[i]) * pool.threads();
  peaks.compute[i].gmacs = std::max(peaks.compute[i].gmacs, macs / ms * 1e-6);
}

// Each thread reads `bytes_a_thread` of its own, from `begin` of its share of the memory on.
double PeakMeter::State::ReadGbs(size_t begin, size_t bytes_a_thread, int times) {
  const size_t share = memory.size() / static_cast<size_t>(pool.threads());
  const size_t words = bytes_a_thread / sizeof(uint64_t);
  const double ms = Time([&](int part) {
    const auto own = std::span<const uint64_t>(memory).subspan(
        static_cast<size_t>(part) * share + begin / sizeof(uint64_t), words);
    for (int k = 0; k < times; ++k) {
      results[static_cast<size_t>(part)] += kernels::ReadAll(own);
    }
  });
  return static_cast<double>(words * sizeof(uint64_t)) * times * pool.threads() / ms * 1e-6;
}

PeakMeter::PeakMeter(int threads, Isa isa) : state_(std::make_unique<State>(threads)) {
  for (const kernels::PeakKernel* loop : kernels::PeakKernels()) {
    if (MayRun(isa, loop->isa)) {
      state_->loops.push_back(loop);
      state_->peaks.compute.push_back({loop->isa, loop->products, 0});
    }
  }
  state_->peaks.cache_bytes =
      std::min(CacheBytes() / 2, kMemoryBytes / static_cast<size_t>(threads));
  state_->steps.assign(state_->loops.size(), 1024);
}

PeakMeter::~PeakMeter() = default;

void PeakMeter::Round() {
  State& s = *state_;
  for (size_t i = 0; i < s.loops.size(); ++i) {
    s.MeasureLoop(i);
  }
  const size_t share = kMemoryBytes / static_cast<size_t>(s.pool.threads());
  const size_t piece = share / kPieces;
  for (size_t i = 0; i < kPieces; ++i) {
    s.peaks.memory_gbs = std::max(s.peaks.memory_gbs, s.ReadGbs(i * piece, piece, 1));
  }
  s.peaks.cache_gbs = std::max(s.peaks.cache_gbs, s.ReadGbs(0, s.peaks.cache_bytes, 32));
}

const Peaks& PeakMeter::peaks() const { return state_->peaks; }

}  // namespace plumb
