#include "plumb/base/thread_pool.h"

#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace plumb {
namespace {

TEST(ThreadPool, RunsEveryPartOnce) {
  for (int threads : {1, 2, 3, 5}) {
    ThreadPool pool(threads);
    for (int round = 0; round < 200; ++round) {
      std::vector<std::atomic<int>> seen(7);
      pool.Run(7, [&](int part) { ++seen[part]; });
      for (auto& s : seen) {
        ASSERT_EQ(s.load(), 1);
      }
    }
  }
}

TEST(ThreadPool, ParallelForCoversTheRangeAtMultiplesOfTheGrain) {
  ThreadPool pool(3);
  std::vector<int> seen(101);
  pool.ParallelFor(101, 8, [&](int64_t begin, int64_t end, int) {
    EXPECT_EQ(begin % 8, 0);
    for (int64_t i = begin; i < end; ++i) {
      ++seen[i];
    }
  });
  EXPECT_EQ(seen, std::vector<int>(101, 1));
}

double CpuSeconds(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

TEST(ThreadPool, IdleWorkersSleep) {
  ThreadPool pool(4);
  for (int round = 0; round < 100; ++round) {
    pool.Run(4, [](int) {});
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // they look for work for a while
  const double before = CpuSeconds(CLOCK_PROCESS_CPUTIME_ID);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(CpuSeconds(CLOCK_PROCESS_CPUTIME_ID) - before, 0.03);  // spinning: 0.9
}

TEST(ThreadPool, TheCallerSleepsWhileAWorkerIsLate) {
  ThreadPool pool(2);
  const double before = CpuSeconds(CLOCK_THREAD_CPUTIME_ID);
  pool.Run(2, [](int part) {
    if (part == 1) {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
  });
  EXPECT_LT(CpuSeconds(CLOCK_THREAD_CPUTIME_ID) - before, 0.03);
}

#if defined(__x86_64__)
TEST(FloatEnvironment, SwitchesFlushToZeroOffAndRestoresIt) {
  const unsigned before = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(before | 0x8040);
  volatile float tiny = 1e-40f;
  {
    FloatEnvironment environment;
    EXPECT_NE(tiny * 0.5f, 0.0f);
  }
  EXPECT_EQ(__builtin_ia32_stmxcsr() & 0x8040, 0x8040u);
  __builtin_ia32_ldmxcsr(before);
}
#endif

}  // namespace
}  // namespace plumb
