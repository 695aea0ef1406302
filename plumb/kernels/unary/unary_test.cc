#include "plumb/kernels/unary/unary.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "plumb/base/tensor.h"

namespace plumb::kernels {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

std::vector<float> Inputs() {
  std::vector<float> x = {0.0f,       -0.0f, kInf, -kInf, std::nanf(""), 0x1p-149f,
                          -0x1p-126f, 0.5f,  1.5f, -2.5f, 1.0f,          -1.0f};
  std::mt19937 rng(3);
  std::uniform_real_distribution<float> near(-8.0f, 8.0f);
  for (int i = 0; i < 2000; ++i) {
    x.push_back(near(rng));
    x.push_back(std::bit_cast<float>(static_cast<uint32_t>(rng())));
  }
  return x;
}

constexpr float kParameters[] = {0.75f, 1.25f};

TEST(UnaryF32, EveryIsaHasTheSameBits) {
  const std::vector<float> x = Inputs();
  const auto scalar = UnaryF32Functions(Isa::kScalar);
  std::set<std::string> names;
  for (Isa isa : AvailableIsas()) {
    const auto rows = UnaryF32Functions(isa);
    ASSERT_EQ(rows.size(), scalar.size());
    for (size_t r = 0; r < rows.size(); ++r) {
      names.insert(rows[r].name);
      ASSERT_STREQ(rows[r].name, scalar[r].name);
      std::vector<float> expected(x.size()), got = x;
      scalar[r].apply(x.data(), expected.data(), static_cast<int64_t>(x.size()), kParameters);
      rows[r].apply(got.data(), got.data(), static_cast<int64_t>(x.size()),
                    kParameters);  // in place
      for (size_t i = 0; i < x.size(); ++i) {
        ASSERT_TRUE((std::isnan(expected[i]) && std::isnan(got[i])) ||
                    std::bit_cast<uint32_t>(expected[i]) == std::bit_cast<uint32_t>(got[i]))
            << IsaName(isa) << " " << rows[r].name << "(" << x[i] << "): " << expected[i]
            << " against " << got[i];
      }
    }
  }
  EXPECT_GE(names.size(), 40u);
}

TEST(UnaryF32, TouchesNoElementBeyondTheEnd) {
  for (Isa isa : AvailableIsas()) {
    for (const UnaryF32& row : UnaryF32Functions(isa)) {
      for (int64_t n = 0; n <= 35; ++n) {
        std::vector<float> y(static_cast<size_t>(n) + 1, -7.5f);
        const std::vector<float> x(static_cast<size_t>(n), 0.25f);
        row.apply(x.data(), y.data(), n, kParameters);
        ASSERT_EQ(y.back(), -7.5f) << row.name;
      }
    }
  }
}

float One(const char* name, float x, std::vector<float> parameters = {}) {
  float y = -99.0f;
  FindUnaryF32(name, Isa::kScalar)->apply(&x, &y, 1, parameters.data());
  return y;
}

TEST(UnaryF32, LiteralValues) {
  EXPECT_EQ(One("relu", -1.0f), 0.0f);
  EXPECT_TRUE(std::isnan(One("relu", std::nanf(""))));
  EXPECT_EQ(One("leaky_relu", -2.0f, {0.5f}), -1.0f);
  EXPECT_EQ(One("clip", 7.0f, {0.0f, 6.0f}), 6.0f);
  EXPECT_EQ(One("clip", 3.0f, {5.0f, 4.0f}), 4.0f);  // min above max: max
  EXPECT_TRUE(std::isnan(One("clip", std::nanf(""), {0.0f, 6.0f})));
  EXPECT_EQ(One("round", 2.5f), 2.0f);
  EXPECT_EQ(One("round", 3.5f), 4.0f);
  EXPECT_EQ(One("round", -0.5f), -0.0f);
  EXPECT_EQ(One("sign", -3.0f), -1.0f);
  EXPECT_EQ(One("softsign", -3.0f), -0.75f);
  EXPECT_EQ(One("thresholded_relu", 1.0f, {1.0f}), 0.0f);
  EXPECT_EQ(One("hard_sigmoid", 1.0f, {0.25f, 0.5f}), 0.75f);
  EXPECT_EQ(One("hard_swish", -3.0f), -0.0f);
  EXPECT_EQ(One("elu", 2.0f, {3.0f}), 2.0f);
  EXPECT_EQ(One("sin", 0.0f), 0.0f);
  EXPECT_EQ(One("cos", 0.0f), 1.0f);
  EXPECT_EQ(One("reciprocal", 0.0f), kInf);
  EXPECT_EQ(FindUnaryF32("no_such_function", Isa::kScalar), nullptr);
}

template <typename T>
T Other(const char* name, T x, int64_t low = 0, int64_t high = 0) {
  T y{};
  const int64_t bounds[] = {low, high};
  FindUnaryOther(name, DTypeOf<T>::value)->apply(&x, &y, 1, bounds);
  return y;
}

TEST(UnaryOther, LiteralValues) {
  EXPECT_EQ(Other<int32_t>("neg", 5), -5);
  EXPECT_EQ(Other<int32_t>("neg", INT32_MIN), INT32_MIN);  // wraps
  EXPECT_EQ(Other<int8_t>("abs", -128), -128);
  EXPECT_EQ(Other<int64_t>("sign", -9), -1);
  EXPECT_EQ(Other<uint8_t>("sign", 200), 1);
  EXPECT_EQ(Other<int16_t>("relu", -4), 0);
  EXPECT_EQ(Other<int64_t>("clip", 9, -2, 3), 3);
  EXPECT_EQ(Other<uint8_t>("clip", 9, INT64_MIN, INT64_MAX), 9);  // bounds saturate
  EXPECT_EQ(Other<uint8_t>("bitwise_not", 0x0f), 0xf0);
  EXPECT_EQ(Other<bool>("not", true), false);
  EXPECT_EQ(FindUnaryOther("not", DType::kS8), nullptr);
  const float values[] = {1.0f, kInf, -kInf, std::nanf("")};
  bool y[4];
  FindUnaryOther("isnan", DType::kF32)->apply(values, y, 4, nullptr);
  EXPECT_TRUE(!y[0] && !y[1] && !y[2] && y[3]);
  FindUnaryOther("isinf", DType::kF32)->apply(values, y, 4, nullptr);
  EXPECT_TRUE(!y[0] && y[1] && y[2] && !y[3]);
  FindUnaryOther("isinf_negative", DType::kF32)->apply(values, y, 4, nullptr);
  EXPECT_TRUE(!y[1] && y[2]);
}

}  // namespace
}  // namespace plumb::kernels
