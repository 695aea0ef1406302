#include "plumb/kernels/pool/pool.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "plumb/kernels/pool/max_s8.h"

namespace plumb::kernels {
namespace {

template <typename T>
T Draw(std::mt19937& random) {
  if constexpr (std::is_same_v<T, float>) {
    // Ties, both zeros, infinities and NaN among them.
    constexpr float kSpecial[] = {0.0f, -0.0f, 1.0f, -1.0f, INFINITY, -INFINITY, NAN};
    return random() % 4 == 0 ? kSpecial[random() % std::size(kSpecial)]
                             : static_cast<float>(static_cast<int>(random() % 9)) - 4.0f;
  } else {
    return static_cast<T>(random());
  }
}

PoolShape RandomShape(std::mt19937& random) {
  const auto pick = [&](int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random()) % (high - low + 1);
  };
  PoolShape s;
  s.batch = pick(0, 2);
  s.in_h = pick(1, 12);
  s.in_w = pick(1, 12);
  s.channels = pick(0, 3) == 0 ? pick(20, 150) : pick(1, 19);
  s.kernel_h = pick(1, 5);
  s.kernel_w = pick(1, 5);
  s.stride_h = pick(1, 3);
  s.stride_w = pick(1, 3);
  s.dilation_h = pick(1, 2);
  s.dilation_w = pick(1, 2);
  s.pad_top = pick(0, 3);
  s.pad_left = pick(0, 3);
  s.pad_bottom = pick(0, 3);
  s.pad_right = pick(0, 3);
  s.out_h = pick(1, 14);  // windows may hang over any edge, or lie outside altogether
  s.out_w = pick(1, 14);
  return s;
}

template <typename T>
void CheckMax(const PoolShape& s, std::mt19937& random) {
  std::vector<T> input(static_cast<size_t>(s.batch * s.in_h * s.in_w * s.channels));
  for (T& x : input) {
    x = Draw<T>(random);
  }
  const auto count = static_cast<size_t>(s.batch * s.out_h * s.out_w * s.channels);
  std::vector<T> expected(count);
  MaxPoolReference(s, input.data(), expected.data());
  for (int threads : {1, 2, 3}) {
    ThreadPool pool(threads);
    if constexpr (std::is_same_v<T, int8_t>) {
      for (const MaxS8Kernel* kernel : MaxS8Kernels()) {
        std::vector<int8_t> y(count + 128, 77);
        std::vector<std::byte> own(MaxS8Scratch(s, threads) + 64, std::byte{77});
        MaxS8(*kernel, s, input.data(), y.data() + 64, own.data(), pool);
        const auto untouched = [](auto b) { return b == decltype(b){77}; };
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), y.begin() + 64)) << kernel->name;
        EXPECT_TRUE(std::all_of(y.begin(), y.begin() + 64, untouched)) << kernel->name;
        EXPECT_TRUE(std::all_of(y.end() - 64, y.end(), untouched)) << kernel->name;
        EXPECT_TRUE(std::all_of(own.end() - 64, own.end(), untouched)) << kernel->name;
      }
    } else {
      std::vector<T> output(count + 16, T{77});
      std::vector<std::byte> scratch(MaxPoolScratch(s, sizeof(T), threads));
      MaxPool(s, input.data(), output.data(), scratch.data(), pool);
      EXPECT_TRUE(count == 0 || std::memcmp(expected.data(), output.data(), count * sizeof(T)) == 0)
          << threads;
      for (size_t i = count; i < output.size(); ++i) {
        EXPECT_EQ(output[i], T{77}) << "written behind the output";
      }
    }
  }
}

TEST(MaxPool, EqualsTheReferenceBitForBit) {
  std::mt19937 random(7);
  for (int repeat = 0; repeat < 300; ++repeat) {
    SCOPED_TRACE(testing::Message() << "repeat " << repeat);
    const PoolShape s = RandomShape(random);
    CheckMax<float>(s, random);
    CheckMax<int8_t>(s, random);
    CheckMax<uint8_t>(s, random);
  }
}

TEST(MaxPool, PyramidWindow) {  // as in SPPF
  std::mt19937 random(8);
  PoolShape s;
  s.in_h = s.out_h = 20;
  s.in_w = s.out_w = 20;
  s.channels = 64;
  s.kernel_h = s.kernel_w = 5;
  s.pad_top = s.pad_left = s.pad_bottom = s.pad_right = 2;
  CheckMax<float>(s, random);
  CheckMax<int8_t>(s, random);
}

TEST(AveragePool, IsTheChainDividedByTheCount) {
  std::mt19937 random(9);
  for (int repeat = 0; repeat < 200; ++repeat) {
    const PoolShape s = RandomShape(random);
    std::vector<float> input(static_cast<size_t>(s.batch * s.in_h * s.in_w * s.channels));
    for (float& x : input) {
      x = static_cast<float>(static_cast<int>(random() % 2001)) * 0.001f - 1.0f;
    }
    for (bool include : {false, true}) {
      std::vector<float> expected;
      for (int64_t n = 0; n < s.batch; ++n) {
        for (int64_t oy = 0; oy < s.out_h; ++oy) {
          for (int64_t ox = 0; ox < s.out_w; ++ox) {
            for (int64_t c = 0; c < s.channels; ++c) {
              float sum = 0.0f;
              int count = 0;
              for (int64_t kh = 0; kh < s.kernel_h; ++kh) {
                for (int64_t kw = 0; kw < s.kernel_w; ++kw) {
                  const int64_t y = oy * s.stride_h - s.pad_top + kh * s.dilation_h;
                  const int64_t x = ox * s.stride_w - s.pad_left + kw * s.dilation_w;
                  const bool inside = y >= 0 && y < s.in_h && x >= 0 && x < s.in_w;
                  const bool padded = y >= -s.pad_top && y < s.in_h + s.pad_bottom &&
                                      x >= -s.pad_left && x < s.in_w + s.pad_right;
                  count += (include ? padded : inside) ? 1 : 0;
                  if (inside) {
                    sum += input[static_cast<size_t>(((n * s.in_h + y) * s.in_w + x) * s.channels +
                                                     c)];
                  }
                }
              }
              expected.push_back(sum / static_cast<float>(std::max(1, count)));
            }
          }
        }
      }
      for (int threads : {1, 2, 3}) {
        ThreadPool pool(threads);
        std::vector<float> output(expected.size());
        AveragePool(s, include, input.data(), output.data(), pool);
        EXPECT_EQ(expected, output) << "repeat " << repeat << " threads " << threads;
      }
    }
  }
}

}  // namespace
}  // namespace plumb::kernels
