#include "plumb/base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
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
