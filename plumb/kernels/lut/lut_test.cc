#include "plumb/kernels/lut/lut.h"

#include <gtest/gtest.h>

#include <random>

namespace plumb::kernels {
namespace {

std::vector<int8_t> RandomBytes(size_t n, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int8_t> bytes(n);
  for (int8_t& b : bytes) {
    b = static_cast<int8_t>(random());
  }
  return bytes;
}

TEST(Lut, EveryKernelEveryByteEveryLength) {
  const auto kernels = LutKernels();
  ASSERT_FALSE(kernels.empty());
  const std::vector<int8_t> table = RandomBytes(256, 1);
  for (const LutKernel* kernel : kernels) {
    for (const size_t n :
         {size_t{0}, size_t{1}, size_t{63}, size_t{64}, size_t{65}, size_t{300}, size_t{70001}}) {
      std::vector<int8_t> x(n);
      for (size_t i = 0; i < n; ++i) {
        x[i] = static_cast<int8_t>(i * 7);  // 7 is odd: all 256 values
      }
      std::vector<int8_t> y(n + 2, 0x5A);
      for (const int threads : {1, 2, 3}) {
        ThreadPool pool(threads);
        Lut(*kernel, table.data(), x.data(), y.data() + 1, static_cast<int64_t>(n), pool);
        for (size_t i = 0; i < n; ++i) {
          ASSERT_EQ(y[i + 1], table[static_cast<size_t>(x[i] + 128)])
              << kernel->name << " at " << i;
        }
        EXPECT_EQ(y.front(), 0x5A);
        EXPECT_EQ(y.back(), 0x5A);
      }
    }
  }
  EXPECT_EQ(SelectLut(Isa::kScalar).isa, Isa::kScalar);
}

TEST(Lut, PerChannel) {
  const int64_t channels = 5, n = 9000;
  const std::vector<int8_t> tables = RandomBytes(256 * channels, 2);
  const std::vector<int8_t> x = RandomBytes(n * channels, 3);
  std::vector<int8_t> y(x.size());
  ThreadPool pool(2);
  LutPerChannel(tables.data(), channels, x.data(), y.data(), n, pool);
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_EQ(y[i], tables[i % 5 * 256 + static_cast<size_t>(x[i] + 128)]);
  }
}

}  // namespace
}  // namespace plumb::kernels
