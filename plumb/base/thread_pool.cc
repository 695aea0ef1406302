#include "plumb/base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <xmmintrin.h>
#elif !defined(__aarch64__) && !defined(__arm__)
#include <cfenv>
#endif

#include "plumb/base/check.h"

namespace plumb {

// Workers wait for `generation` to move: a short spin first, since the parts of one inference follow each other within
// microseconds, then asleep, so that idle threads cost nothing.
struct ThreadPool::State {
  int threads = 1;
  std::vector<std::thread> workers;
  std::mutex mutex;
  std::condition_variable wake;
  std::atomic<uint64_t> generation{0};
  std::atomic<int> pending{0};
  std::atomic<bool> stop{false};
  int parts = 0;
  const std::function<void(int)>* work = nullptr;

  void RunParts(int thread) {
    for (int part = thread; part < parts; part += threads) {
      (*work)(part);
    }
  }

  void Worker(int thread) {
    FloatEnvironment environment;
    uint64_t seen = 0;
    while (true) {
      constexpr int kSpins = 4000;
      for (int spin = 0; spin < kSpins && generation.load(std::memory_order_acquire) == seen;
           ++spin) {
#if defined(__x86_64__)
        _mm_pause();
#endif
      }
      if (generation.load(std::memory_order_acquire) == seen) {
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return generation.load(std::memory_order_acquire) != seen; });
      }
      seen = generation.load(std::memory_order_acquire);
      if (stop.load(std::memory_order_acquire)) {
        return;
      }
      RunParts(thread);
      pending.fetch_sub(1, std::memory_order_acq_rel);
    }
  }

  void Signal() {
    {
      std::lock_guard lock(mutex);
      generation.fetch_add(1, std::memory_order_release);
    }
    wake.notify_all();
  }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
  PLUMB_CHECK(threads >= 1) << "a pool of " << threads << " threads";
  state_->threads = threads;
  for (int t = 1; t < threads; ++t) {
    state_->workers.emplace_back([state = state_.get(), t] { state->Worker(t); });
  }
}

ThreadPool::~ThreadPool() {
  state_->stop.store(true, std::memory_order_release);
  state_->Signal();
  for (std::thread& worker : state_->workers) {
    worker.join();
  }
}

int ThreadPool::threads() const { return state_->threads; }

void ThreadPool::Run(int parts, const std::function<void(int)>& work) {
  if (state_->threads == 1 || parts <= 1) {
    for (int part = 0; part < parts; ++part) {
      work(part);
    }
    return;
  }
  state_->parts = parts;
  state_->work = &work;
  state_->pending.store(state_->threads - 1, std::memory_order_release);
  state_->Signal();
  state_->RunParts(0);
  for (int spin = 0; state_->pending.load(std::memory_order_acquire) != 0; ++spin) {
#if defined(__x86_64__)
    _mm_pause();
#endif
    if (spin > 4000) {
      std::this_thread::yield();
    }
  }
}

void ThreadPool::ParallelFor(int64_t count, int64_t grain,
                             const std::function<void(int64_t, int64_t, int)>& work) {
  if (count <= 0) {
    return;
  }
  const int64_t grains = (count + grain - 1) / grain;
  const int parts = static_cast<int>(std::min<int64_t>(grains, state_->threads));
  if (parts == 1) {
    work(0, count, 0);
    return;
  }
  const auto part_work = [&](int part) {
    const int64_t begin = grains * part / parts * grain;
    const int64_t end = std::min(grains * (part + 1) / parts * grain, count);
    work(begin, end, part);
  };
  Run(parts, std::cref(part_work));  // by reference: a copy would allocate
}

#if defined(__x86_64__)
FloatEnvironment::FloatEnvironment() : saved_(_mm_getcsr()) { _mm_setcsr(0x1F80); }
FloatEnvironment::~FloatEnvironment() { _mm_setcsr(static_cast<unsigned>(saved_)); }
#elif defined(__aarch64__)
FloatEnvironment::FloatEnvironment() {
  asm volatile("mrs %0, fpcr" : "=r"(saved_));
  asm volatile("msr fpcr, %0" : : "r"(uint64_t{0}));
}
FloatEnvironment::~FloatEnvironment() { asm volatile("msr fpcr, %0" : : "r"(saved_)); }
#elif defined(__arm__)
FloatEnvironment::FloatEnvironment() {
  uint32_t saved;
  asm volatile("vmrs %0, fpscr" : "=r"(saved));
  asm volatile("vmsr fpscr, %0" : : "r"(uint32_t{0}));
  saved_ = saved;
}
FloatEnvironment::~FloatEnvironment() {
  asm volatile("vmsr fpscr, %0" : : "r"(static_cast<uint32_t>(saved_)));
}
#else
FloatEnvironment::FloatEnvironment() : saved_(static_cast<uint64_t>(std::fegetround())) {
  std::fesetround(FE_TONEAREST);
}
FloatEnvironment::~FloatEnvironment() { std::fesetround(static_cast<int>(saved_)); }
#endif

}  // namespace plumb
