#include "plumb/kernels/quantize/quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "plumb/base/tensor.h"

namespace plumb::kernels {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(Quantize, TiesSignsAndSaturation) {
  struct Case {
    DType type;
    float x, scale;
    int32_t zero;
    int32_t q;
    const char* why;
  };
  const Case cases[] = {
      {DType::kS8, 0.5f, 1.0f, 0, 0, "a tie goes to the even number"},
      {DType::kS8, 1.5f, 1.0f, 0, 2, "up where that is even"},
      {DType::kS8, -0.5f, 1.0f, 0, 0, "negative ties too"},
      {DType::kS8, -1.5f, 1.0f, 0, -2, "away from zero where that is even"},
      {DType::kS8, 0.5f, 1.0f, 1, 1, "the tie is decided before the zero point"},
      {DType::kS8, 126.5f, 1.0f, 1, 127, "saturates, not 126 + 1 rounded up"},
      {DType::kS8, 1e30f, 1e-30f, -5, 127, "the quotient overflows to infinity"},
      {DType::kS8, -kInf, 1.0f, 3, -128, "minus infinity"},
      {DType::kS8, kNan, 1.0f, 3, 3, "NaN gives the zero point"},
      {DType::kU8, -3.0f, 1.0f, 2, 0, "u8 from below"},
      {DType::kU8, 253.5f, 1.0f, 1, 255, "253.5 ties to 254"},
      {DType::kS16, -40000.0f, 1.0f, 0, -32768, "s16 from below"},
      {DType::kU16, 65534.5f, 1.0f, 0, 65534, "a tie near the top of u16"},
      {DType::kS32, 16777216.0f, 1.0f, 1, 16777217, "the zero point is added in integers"},
      {DType::kS32, 3e9f, 1.0f, -1, INT32_MAX, "s32 saturates"},
      {DType::kS32, -3e9f, 1.0f, 0, INT32_MIN, "s32 from below"},
      {DType::kS32, 2147483648.0f, 1.0f, -1, INT32_MAX, "2^31 - 1 fits after the sum"},
      {DType::kS32, kNan, 1.0f, 7, 7, "NaN"},
      {DType::kS32, 2.5f, 1.0f, 0, 2, "ties to even in s32"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(QuantizeReference(c.type, c.x, c.scale, c.zero), c.q) << c.why;
  }
}

std::vector<float> Numbers() {
  std::vector<float> x = {0.0f, -0.0f, kInf, -kInf, kNan, 1e38f, -1e38f, 1e-45f};
  std::mt19937 random(7);
  for (int i = 0; i < 20011; ++i) {
    x.push_back(static_cast<float>(static_cast<int32_t>(random() % 1201) - 600) *
                0.25f);  // many ties
  }
  return x;
}

TEST(Quantize, EveryKernelEveryGridEveryTypeIsTheDefinition) {
  const auto kernels = QuantizeKernels();
  ASSERT_FALSE(kernels.empty());
  const std::vector<float> x = Numbers();
  const auto n = static_cast<int64_t>(x.size());
  struct GridCase {
    int64_t channels, inner;
  };
  for (const GridCase g :
       {GridCase{1, 1}, GridCase{37, 1}, GridCase{3, 1}, GridCase{5, 41}, GridCase{2, 9000}}) {
    std::vector<float> scale;
    std::vector<int32_t> zero;
    for (int64_t c = 0; c < g.channels; ++c) {
      scale.push_back(c % 2 == 0 ? 0.5f : 0.37f);
      zero.push_back(static_cast<int32_t>(c * 29 % 128));
    }
    const QuantizeGrid grid{g.channels, g.inner, scale.data(), zero.data()};
    for (const QuantizeKernel* kernel : kernels) {
      for (const DType type : {DType::kS8, DType::kU8, DType::kS16, DType::kU16, DType::kS32}) {
        for (const int threads : {1, 3}) {
          ThreadPool pool(threads);
          Tensor q(type, {n});
          std::vector<float> back(x.size() + 1, 12345.0f);
          QuantizeArray(*kernel, grid, type, x.data(), q.raw(), n, pool);
          DequantizeArray(*kernel, grid, type, q.raw(), back.data(), n, pool);
          EXPECT_EQ(back.back(), 12345.0f);
          for (size_t i = 0; i < x.size(); ++i) {
            const size_t c = static_cast<size_t>(static_cast<int64_t>(i) / g.inner % g.channels);
            const int32_t expected = QuantizeReference(type, x[i], scale[c], zero[c]);
            int32_t value = 0;
            switch (type) {
              case DType::kU8:
                value = q.values<uint8_t>()[i];
                break;
              case DType::kS16:
                value = q.values<int16_t>()[i];
                break;
              case DType::kU16:
                value = q.values<uint16_t>()[i];
                break;
              case DType::kS32:
                value = q.values<int32_t>()[i];
                break;
              default:
                value = q.values<int8_t>()[i];
                break;
            }
            ASSERT_EQ(value, expected) << kernel->name << " " << DTypeName(type) << " of " << x[i];
            ASSERT_EQ(back[i], static_cast<float>(int64_t{expected} - zero[c]) * scale[c])
                << kernel->name;
          }
        }
      }
    }
  }
}

TEST(Quantize, InterleavedPlanesAreTheDefinitionAndNothingElse) {
  const std::vector<float> x = Numbers();
  for (const QuantizeKernel* kernel : QuantizeKernels()) {
    for (int channels = 1; channels <= kMostPlanes; ++channels) {
      for (const int64_t n : {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 20, 21, 33, 1000, 4999}) {
        ThreadPool pool(n > 100 ? 3 : 1);
        const int64_t plane = n + 1;
        std::vector<int8_t> q(static_cast<size_t>(n * channels) + 9, 0x5A);
        QuantizeInterleaved(*kernel, {x.data(), plane, channels, 0.37f, -3, q.data() + 1, n}, pool);
        ASSERT_EQ(q[0], 0x5A);
        for (int64_t i = 0; i < n * channels; ++i) {
          const float number = x[static_cast<size_t>(i % channels * plane + i / channels)];
          ASSERT_EQ(q[static_cast<size_t>(i + 1)], QuantizeReference(DType::kS8, number, 0.37f, -3))
              << kernel->name << " " << channels << " channels, element " << i << " of " << n;
        }
        for (size_t i = static_cast<size_t>(n * channels) + 1; i < q.size(); ++i) {
          ASSERT_EQ(q[i], 0x5A) << kernel->name;
        }
      }
    }
  }
}

// A kernel may multiply instead of dividing as long as no output differs: numbers around every middle
// between two integers, on scales whose reciprocals are not exact.
TEST(Quantize, NeighboursOfTiesGoWhereTheDivisionSays) {
  ThreadPool pool(1);
  for (const float scale : {1.0f, 0.0078431f, 0.33333334f, 3e-5f, 7777.7f, 1e-38f, 3e38f}) {
    for (const int32_t zero : {-128, -3, 127}) {
      std::vector<float> x;
      for (int step = -260; step < 260; ++step) {
        float number = (static_cast<float>(step) + 0.5f) * scale;
        for (int i = 0; i < 8; ++i) {
          number = std::nextafter(number, -kInf);
        }
        for (int i = 0; i < 17; ++i, number = std::nextafter(number, kInf)) {
          x.push_back(number);
        }
      }
      const auto n = static_cast<int64_t>(x.size());
      std::vector<int8_t> q(x.size()), pixels(x.size() / 3 * 3);
      for (const QuantizeKernel* kernel : QuantizeKernels()) {
        QuantizeArray(*kernel, {1, 1, &scale, &zero}, DType::kS8, x.data(), q.data(), n, pool);
        QuantizeInterleaved(*kernel, {x.data(), n / 3, 3, scale, zero, pixels.data(), n / 3}, pool);
        for (size_t i = 0; i < x.size(); ++i) {
          const int32_t expected = QuantizeReference(DType::kS8, x[i], scale, zero);
          ASSERT_EQ(q[i], expected) << kernel->name << ": " << x[i] << " / " << scale;
          const size_t pixel = i % (x.size() / 3) * 3 + i / (x.size() / 3);
          if (i < pixels.size()) {
            ASSERT_EQ(pixels[pixel], expected) << kernel->name << ": " << x[i] << " / " << scale;
          }
        }
      }
    }
  }
}

TEST(Quantize, StaysInsideItsOutput) {
  const std::vector<float> x(40, 3.0f);
  const float scale = 1.0f;
  const int32_t zero = 0;
  ThreadPool pool(1);
  for (const QuantizeKernel* kernel : QuantizeKernels()) {
    for (int64_t n = 0; n <= 40; ++n) {
      std::vector<int8_t> q(48, 0x5A);
      QuantizeArray(*kernel, {1, 1, &scale, &zero}, DType::kS8, x.data(), q.data() + 1, n, pool);
      EXPECT_EQ(q[0], 0x5A);
      EXPECT_TRUE(std::all_of(q.begin() + 1 + n, q.end(), [](int8_t v) { return v == 0x5A; }))
          << kernel->name;
    }
  }
}

}  // namespace
}  // namespace plumb::kernels
