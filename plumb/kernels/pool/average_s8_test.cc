#include "plumb/kernels/pool/average_s8.h"

#include <gtest/gtest.h>

#include <random>

#include "plumb/base/tensor.h"

namespace plumb::kernels {
namespace {

std::vector<int8_t> RandomBytes(int64_t n, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int8_t> bytes(static_cast<size_t>(n));
  for (int8_t& b : bytes) {
    b = static_cast<int8_t>(random());
  }
  return bytes;
}

TEST(AverageS8, TiesSignsAndSaturation) {
  EXPECT_EQ(AverageS8({0, 0, 1.0f}, 1, 2), 0);    // 0.5 to even
  EXPECT_EQ(AverageS8({0, 0, 1.0f}, 3, 2), 2);    // 1.5 to even
  EXPECT_EQ(AverageS8({0, 0, 1.0f}, -3, 2), -2);  // -1.5 to even
  EXPECT_EQ(AverageS8({0, 5, 1.0f}, 1, 2), 5);    // the tie is decided before the zero point
  EXPECT_EQ(AverageS8({0, 5, 100.0f}, 255, 1), 127);
  EXPECT_EQ(AverageS8({0, 5, 100.0f}, -255, 1), -128);
}

TEST(AverageS8, PoolIsTheDefinition) {
  for (const bool include : {false, true}) {
    for (const int64_t channels : {1, 5, 64, 130}) {
      PoolShape s;
      s.batch = 2, s.in_h = 7, s.in_w = 6, s.channels = channels;
      s.kernel_h = 3, s.kernel_w = 2, s.stride_h = 2, s.stride_w = 1;
      s.pad_top = 1, s.pad_left = 1, s.pad_bottom = 1, s.pad_right = 0;
      s.dilation_w = 2;
      s.out_h = 5, s.out_w = 6;  // the last ones hang over the declared pads
      const AverageS8Params params{3, -7, 0.7f};
      const std::vector<int8_t> x = RandomBytes(2 * 7 * 6 * channels, 1);
      std::vector<int8_t> y(static_cast<size_t>(2 * 5 * 6 * channels) + 2, 0x5A);
      for (const int threads : {1, 2, 3}) {
        ThreadPool pool(threads);
        AveragePoolS8(s, include, params, x.data(), y.data() + 1, pool);
        for (int64_t i = 0; i < 2 * 5 * 6 * channels; ++i) {
          const int64_t c = i % channels, ox = i / channels % 6, oy = i / channels / 6 % 5,
                        n = i / channels / 30;
          int32_t sum = 0, inside = 0, padded = 0;
          for (int64_t ky = 0; ky < 3; ++ky) {
            for (int64_t kx = 0; kx < 2; ++kx) {
              const int64_t iy = oy * 2 - 1 + ky, ix = ox - 1 + kx * 2;
              if (iy >= -1 && iy < 8 && ix >= -1 && ix < 6) {
                ++padded;
              }
              if (iy >= 0 && iy < 7 && ix >= 0 && ix < 6) {
                ++inside;
                sum += x[static_cast<size_t>(((n * 7 + iy) * 6 + ix) * channels + c)] - 3;
              }
            }
          }
          const int32_t count = std::max(1, include ? padded : inside);
          ASSERT_EQ(y[static_cast<size_t>(i + 1)], AverageS8(params, sum, count))
              << oy << " " << ox << " " << c;
        }
        EXPECT_EQ(y.front(), 0x5A);
        EXPECT_EQ(y.back(), 0x5A);
      }
    }
  }
}

TEST(AverageS8, MeanOverAnyAxes) {
  const Shape shape = {2, 3, 4, 70};
  const std::vector<int8_t> x = RandomBytes(NumElements(shape), 2);
  const AverageS8Params params{-2, 4, 1.3f};
  for (const std::vector<int64_t>& axes :
       std::vector<std::vector<int64_t>>{{1, 2}, {0}, {3}, {0, 3}, {1, 3}, {0, 1, 2, 3}}) {
    std::vector<int64_t> sums(x.size(), 0);
    Shape kept = shape;
    int64_t count = 1;
    for (const int64_t axis : axes) {
      count *= kept[static_cast<size_t>(axis)];
      kept[static_cast<size_t>(axis)] = 1;
    }
    for (size_t i = 0; i < x.size(); ++i) {
      auto rest = static_cast<int64_t>(i);
      int64_t out = 0, step = 1;
      for (size_t d = 4; d-- > 0; rest /= shape[d]) {
        out += kept[d] == 1 ? 0 : rest % shape[d] * step;
        step *= kept[d];
      }
      sums[static_cast<size_t>(out)] += x[i] + 2;
    }
    for (const int threads : {1, 3}) {
      ThreadPool pool(threads);
      std::vector<int8_t> y(static_cast<size_t>(NumElements(kept)) + 1, 0x5A);
      MeanS8(MakeMeanPlan(shape, axes), params, x.data(), y.data(), pool);
      for (size_t i = 0; i + 1 < y.size(); ++i) {
        ASSERT_EQ(y[i], AverageS8(params, static_cast<int32_t>(sums[i]), count)) << i;
      }
      EXPECT_EQ(y.back(), 0x5A);
    }
  }
}

}  // namespace
}  // namespace plumb::kernels
