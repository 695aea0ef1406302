#include "plumb/base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <xmmintrin.h>
#elif !defined(__aarch64__) && !defined(__arm__)
#include <cfenv>
#endif

#include "plumb/base/check.h"

namespace plumb {

namespace {

// The parts of one inference follow each other within microseconds, so who waits looks again and
// again for a while (a millisecond or two at most) and goes to sleep then: idle threads cost
// nothing. No lock: the word that is waited for is given to the system directly.
constexpr int kWorkerSpins = 4000;
constexpr int kCallerSpins = 20000;  // who is left over from a layer has less to wait for

void Pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb");  // `yield` takes no time where threads have cores of their own
#endif
}

// Waits until done(value) and returns that value. Who changes the word must notify.
template <typename Done>
uint32_t WaitFor(const std::atomic<uint32_t>& word, int spins, Done done) {
  for (int spin = 0; spin < spins; ++spin) {
    const uint32_t value = word.load(std::memory_order_acquire);
    if (done(value)) {
      return value;
    }
    Pause();
  }
  while (true) {
    const uint32_t value = word.load(std::memory_order_acquire);
    if (done(value)) {
      return value;
    }
    word.wait(value, std::memory_order_acquire);
  }
}

}  // namespace

// Workers wait for `generation` to move, the caller for `pending` to reach 0.
struct ThreadPool::State {
  int threads = 1;
  std::vector<std::thread> workers;
  std::atomic<uint32_t> generation{0};
  std::atomic<uint32_t> pending{0};
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
    uint32_t seen = 0;
    while (true) {
      seen = WaitFor(generation, kWorkerSpins, [seen](uint32_t value) { return value != seen; });
      if (stop.load(std::memory_order_acquire)) {
        return;
      }
      RunParts(thread);
      if (pending.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        pending.notify_one();
      }
    }
  }

  void Signal() {
    generation.fetch_add(1, std::memory_order_release);
    generation.notify_all();
  }

  void Stop() {
    stop.store(true, std::memory_order_release);
    Signal();
    for (std::thread& worker : workers) {
      worker.join();
    }
  }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
  PLUMB_CHECK(threads >= 1) << "a pool of " << threads << " threads";
  state_->threads = threads;
  try {
    for (int t = 1; t < threads; ++t) {
      state_->workers.emplace_back([state = state_.get(), t] { state->Worker(t); });
    }
  } catch (...) {  // the system has no more of them
    state_->Stop();
    throw;
  }
}

ThreadPool::~ThreadPool() { state_->Stop(); }

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
  state_->pending.store(static_cast<uint32_t>(state_->threads - 1), std::memory_order_release);
  state_->Signal();
  state_->RunParts(0);
  WaitFor(state_->pending, kCallerSpins, [](uint32_t pending) { return pending == 0; });
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
