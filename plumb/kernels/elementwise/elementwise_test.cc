#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "plumb/kernels/elementwise/binary.h"
#include "plumb/kernels/elementwise/binary_functors.h"
#include "plumb/kernels/elementwise/cast.h"
#include "plumb/kernels/elementwise/quantize_linear.h"
#include "plumb/kernels/elementwise/where.h"

namespace plumb::kernels {
namespace {

using ::testing::ElementsAre;

int64_t Count(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (int64_t d : shape) {
    count *= d;
  }
  return count;
}

// The element of a tensor of `shape` that output position `at` of shape `full` reads.
size_t Source(const std::vector<int64_t>& shape, const std::vector<int64_t>& full, int64_t at) {
  int64_t offset = 0;
  int64_t step = 1;
  for (size_t d = full.size(); d-- > 0;) {
    const int64_t index = at % full[d];
    at /= full[d];
    if (d + shape.size() >= full.size()) {
      const size_t own = d + shape.size() - full.size();
      offset += shape[own] == 1 ? 0 : index * step;
      step *= shape[own];
    }
  }
  return static_cast<size_t>(offset);
}

struct Shapes {
  std::vector<int64_t> full, a, b;
};

std::vector<Shapes> RandomShapes() {
  std::mt19937 random(1);
  std::vector<Shapes> result = {{{4, 40, 16}, {4, 40, 16}, {16}},
                                {{100000}, {100000}, {100000}},
                                {{100000}, {100000}, {}},
                                {{}, {}, {}}};
  for (int i = 0; i < 60; ++i) {
    Shapes s;
    const size_t rank = random() % 7;
    for (size_t d = 0; d < rank; ++d) {
      s.full.push_back(static_cast<int64_t>(random() % 6 + (random() % 12 == 0 ? 0 : 1)));
    }
    const auto part = [&] {
      const size_t lead = rank == 0 ? 0 : random() % (rank + 1);
      std::vector<int64_t> shape(s.full.begin() + static_cast<int64_t>(lead), s.full.end());
      for (int64_t& d : shape) {
        d = random() % 3 == 0 ? 1 : d;
      }
      return shape;
    };
    s.a = part();
    s.b = random() % 2 == 0 ? s.full : part();
    result.push_back(s);
  }
  return result;
}

template <typename T>
T Draw(std::mt19937& random) {
  if constexpr (std::is_same_v<T, float>) {
    constexpr float kSpecial[] = {0.0f, -0.0f, 1.0f, -1.0f, 2.0f, 0.5f, 1e30f, -1e-30f};
    return random() % 4 == 0 ? kSpecial[random() % 8]
                             : static_cast<float>(random() % 4001) * 0.0025f - 5.0f;
  } else {
    return random() % 4 == 0 ? std::numeric_limits<T>::min()
                             : static_cast<T>(static_cast<int>(random() % 9) - 4);
  }
}

template <typename T, typename R, typename F>
void Check(std::string_view name, const F& apply) {
  std::mt19937 random(2);
  const BinaryFunction function = FindBinary(name, DTypeOf<T>::value, DTypeOf<T>::value);
  ASSERT_NE(function.plane, nullptr) << name;
  for (const Shapes& s : RandomShapes()) {
    std::vector<T> a(static_cast<size_t>(Count(s.a)));
    std::vector<T> b(static_cast<size_t>(Count(s.b)));
    for (T& x : a) {
      x = Draw<T>(random);
    }
    for (T& x : b) {
      x = Draw<T>(random);
    }
    std::vector<R> expected;
    for (int64_t at = 0; at < Count(s.full); ++at) {
      expected.push_back(
          static_cast<R>(apply(a[Source(s.a, s.full, at)], b[Source(s.b, s.full, at)])));
    }
    for (int threads : {1, 2, 3}) {
      ThreadPool pool(threads);
      std::vector<R> output(expected.size());
      Binary(MakeBinaryPlan(function, s.a, s.b, s.full), a.data(), b.data(), output.data(), pool);
      for (size_t i = 0; i < output.size(); ++i) {
        ASSERT_TRUE(std::memcmp(&output[i], &expected[i], sizeof(R)) == 0 ||
                    (output[i] != output[i] && expected[i] != expected[i]))
            << name << " at " << i << ": " << +output[i] << " for " << +expected[i];
      }
    }
  }
}

TEST(Binary, EveryShapeEqualsTheFunctor) {
  Check<float, float>("add", [](float a, float b) { return a + b; });
  Check<float, float>("sub", [](float a, float b) { return a - b; });
  Check<float, float>("mul", [](float a, float b) { return a * b; });
  Check<float, float>("div", [](float a, float b) { return a / b; });
  Check<float, float>("pow", [](float a, float b) { return Pow::Apply(a, b); });
  Check<float, float>("prelu", [](float a, float b) { return a < 0 ? a * b : a; });
  Check<float, float>("max", [](float a, float b) { return Max::Apply(a, b); });
  Check<float, float>("fmod", [](float a, float b) { return std::fmod(a, b); });
  Check<int32_t, int32_t>("add", [](int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<int64_t>(a) + b);
  });
  Check<int8_t, int8_t>("mul", [](int a, int b) { return static_cast<int8_t>(a * b); });
  Check<int32_t, int32_t>(
      "div", [](int64_t a, int64_t b) { return b == 0 ? 0 : static_cast<int32_t>(a / b); });
  Check<int64_t, uint8_t>("less", [](int64_t a, int64_t b) { return a < b; });
  Check<float, uint8_t>("equal", [](float a, float b) { return a == b; });
  Check<float, uint8_t>("greater_or_equal", [](float a, float b) { return a >= b; });
  Check<int16_t, int16_t>("bitwise_xor", [](int a, int b) { return a ^ b; });
}

TEST(Binary, EveryRowIsFoundForSomeType) {
  int rows = 0;
#define PLUMB_BINARY(name, functor, types)                                     \
  ++rows;                                                                      \
  EXPECT_TRUE(FindBinary(name, DType::kF32, DType::kF32).plane != nullptr ||   \
              FindBinary(name, DType::kBool, DType::kBool).plane != nullptr || \
              FindBinary(name, DType::kU8, DType::kU8).plane != nullptr)       \
      << name;
#include "plumb/kernels/elementwise/binary_ops.inc"
#undef PLUMB_BINARY
  EXPECT_GE(rows, 23);
  EXPECT_EQ(FindBinary("add", DType::kF32, DType::kS32).plane, nullptr);
  EXPECT_EQ(FindBinary("nonsense", DType::kF32, DType::kF32).plane, nullptr);
}

TEST(Binary, EdgesOfIntegers) {
  EXPECT_EQ(Div::Apply<int64_t>(INT64_MIN, -1), INT64_MIN);
  EXPECT_EQ(Div::Apply<int8_t>(5, 0), 0);
  EXPECT_EQ(TruncatedMod::Apply<int64_t>(INT64_MIN, -1), 0);
  EXPECT_EQ(FloorMod::Apply<int32_t>(-7, 3), 2);
  EXPECT_EQ(FloorMod::Apply<int32_t>(7, -3), -2);
  EXPECT_EQ(ShiftLeft::Apply<uint8_t>(3, 7), 128);
  EXPECT_EQ(ShiftLeft::Apply<uint8_t>(3, 8), 0);
  EXPECT_EQ(ShiftRight::Apply<int32_t>(-8, 1), -4);
  EXPECT_EQ(ShiftRight::Apply<int32_t>(-8, -1), 0);
  EXPECT_EQ(Mul::Apply<uint16_t>(65535, 65535), 1);
}

TEST(Power, SpecialCases) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(PowerF32(NAN, 0.0f), 1.0f);
  EXPECT_EQ(PowerF32(1.0f, NAN), 1.0f);
  EXPECT_TRUE(std::isnan(PowerF32(NAN, 2.0f)));
  EXPECT_TRUE(std::isnan(PowerF32(-2.0f, 0.5f)));
  EXPECT_EQ(PowerF32(-2.0f, 3.0f), -8.0f);
  EXPECT_EQ(PowerF32(-0.0f, -3.0f), -kInf);
  EXPECT_EQ(PowerF32(-0.0f, -2.0f), kInf);
  EXPECT_EQ(PowerF32(0.0f, -0.5f), kInf);
  EXPECT_EQ(PowerF32(-kInf, 0.5f), kInf);
  EXPECT_EQ(PowerF32(2.0f, 1e9f), kInf);
  EXPECT_EQ(PowerF32(0.5f, kInf), 0.0f);
  EXPECT_EQ(PowerF32(1e-38f, -64.0f), kInf);
}

TEST(Power, WithinOneUlpOfTheTruth) {
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    const float x = static_cast<float>(random() % 100000 + 1) * 1e-3f;
    const float y = i % 2 == 0
                        ? static_cast<float>(static_cast<int>(random() % 41) - 20)
                        : static_cast<float>(static_cast<int>(random() % 20001) - 10000) * 1e-3f;
    const auto truth = static_cast<float>(std::pow(static_cast<double>(x), static_cast<double>(y)));
    const float got = PowerF32(x, y);
    EXPECT_TRUE(got == truth || std::nextafterf(got, truth) == truth) << x << " to the " << y;
    if (y == 2.0f) {
      EXPECT_EQ(got, x * x);
    }
  }
}

TEST(Power, OfIntegers) {
  EXPECT_EQ(PowerS64(-3, 3), -27);
  EXPECT_EQ(PowerS64(2, -1), 0);
  EXPECT_EQ(PowerS64(-1, -3), -1);
  EXPECT_EQ(PowerS64(2, 64), 0);  // wraps
  EXPECT_EQ((Pow::Apply<int32_t, float>(4, 0.5f)), 2);
}

template <typename To, typename From>
std::vector<To> CastAll(const std::vector<From>& values, DType to = DTypeOf<To>::value) {
  ThreadPool pool(2);
  std::vector<To> out(values.size());
  const DType from = DTypeOf<From>::value;
  Cast(FindCast(from, to), from, to, values.data(), out.data(), static_cast<int64_t>(values.size()),
       pool);
  return out;
}

TEST(Cast, FloatToIntegers) {
  const std::vector<float> x = {1.9f, -1.9f, 300.0f, 3e9f, NAN, -INFINITY};
  EXPECT_THAT(CastAll<int32_t>(x), ElementsAre(1, -1, 300, INT32_MIN, INT32_MIN, INT32_MIN));
  EXPECT_THAT(CastAll<int64_t>(x), ElementsAre(1, -1, 300, 3000000000, INT64_MIN, INT64_MIN));
  EXPECT_THAT(CastAll<uint8_t>(x), ElementsAre(1, 255, 44, 0, 0, 0));
  EXPECT_THAT(CastAll<uint32_t>(x), ElementsAre(1, 4294967295U, 300, 3000000000U, 0, 0));
  EXPECT_THAT(CastAll<uint64_t>(std::vector<float>{1e19f, 2}),
              ElementsAre(9999999980506447872ULL, 2));
}

TEST(Cast, AroundHalfAndBool) {
  EXPECT_THAT(
      CastAll<uint16_t>(std::vector<float>{1, -2, 65504, 65520, 5.9604645e-8f}, DType::kF16),
      ElementsAre(0x3C00, 0xC000, 0x7BFF, 0x7C00, 1));
  EXPECT_THAT(CastAll<uint16_t>(std::vector<float>{1, -2}, DType::kBF16),
              ElementsAre(0x3F80, 0xC000));
  EXPECT_THAT(CastAll<uint8_t>(std::vector<int64_t>{0, 256, -1}, DType::kBool),
              ElementsAre(0, 1, 1));
  EXPECT_THAT(CastAll<float>(std::vector<double>{0.1, 1e300}), ElementsAre(0.1f, INFINITY));
  EXPECT_THAT(CastAll<int8_t>(std::vector<int64_t>{255, 128}), ElementsAre(-1, -128));
  for (int from = 1; from <= 13; ++from) {
    for (int to = 1; to <= 13; ++to) {
      EXPECT_NE(FindCast(static_cast<DType>(from), static_cast<DType>(to)), nullptr);
    }
  }
}

TEST(Where, EveryShapeByElementSize) {
  std::mt19937 random(4);
  for (const Shapes& s : RandomShapes()) {
    std::vector<uint8_t> condition(static_cast<size_t>(Count(s.a)));
    std::vector<uint16_t> a(static_cast<size_t>(Count(s.b)));
    std::vector<uint16_t> b(static_cast<size_t>(Count(s.full)));
    for (uint8_t& x : condition) {
      x = random() % 3;  // any byte but 0 is true
    }
    for (uint16_t& x : a) {
      x = static_cast<uint16_t>(random());
    }
    for (uint16_t& x : b) {
      x = static_cast<uint16_t>(random());
    }
    std::vector<uint16_t> expected;
    for (int64_t at = 0; at < Count(s.full); ++at) {
      expected.push_back(condition[Source(s.a, s.full, at)] != 0 ? a[Source(s.b, s.full, at)]
                                                                 : b[static_cast<size_t>(at)]);
    }
    for (int threads : {1, 3}) {
      ThreadPool pool(threads);
      std::vector<uint16_t> output(expected.size());
      Where(MakeWherePlan(s.a, s.b, s.full, s.full, 2), condition.data(), a.data(), b.data(),
            output.data(), pool);
      EXPECT_EQ(output, expected);
    }
  }
}

TEST(QuantizeLinear, TiesToEvenAndSaturates) {
  ThreadPool pool(2);
  const std::vector<float> x = {0.5f, 1.5f, -0.5f, 1000, -1000, NAN};
  const float scale = 1.0f;
  const uint8_t zero = 10;
  std::vector<uint8_t> y(6);
  FindQuantizeLinear(DType::kU8)({1, 1, 6}, x.data(), &scale, &zero, y.data(), pool);
  EXPECT_THAT(y, ElementsAre(10, 12, 10, 255, 0, 10));
  std::vector<int32_t> wide(2);
  const std::vector<float> large = {3e9f, 8388609.0f};
  FindQuantizeLinear(DType::kS32)({1, 1, 2}, large.data(), &scale, nullptr, wide.data(), pool);
  EXPECT_THAT(wide, ElementsAre(INT32_MAX, 8388609));
}

TEST(QuantizeLinear, PerAxisBothWays) {
  ThreadPool pool(1);
  const std::vector<float> x = {1, 2, 3, 4};
  const std::vector<float> scale = {1, 0.5f};
  const std::vector<int8_t> zero = {0, 1};
  std::vector<int8_t> y(4);
  FindQuantizeLinear(DType::kS8)({1, 2, 2}, x.data(), scale.data(), zero.data(), y.data(), pool);
  EXPECT_THAT(y, ElementsAre(1, 2, 7, 9));
  std::vector<float> back(4);
  FindDequantizeLinear(DType::kS8)({1, 2, 2}, y.data(), scale.data(), zero.data(), back.data(),
                                   pool);
  EXPECT_EQ(back, x);
  FindQuantizeLinear(DType::kS8)({2, 2, 1}, x.data(), scale.data(), zero.data(), y.data(), pool);
  EXPECT_THAT(y, ElementsAre(1, 5, 3, 9));
  FindDequantizeLinear(DType::kS8)({2, 2, 1}, y.data(), scale.data(), zero.data(), back.data(),
                                   pool);
  EXPECT_EQ(back, x);
  const int32_t q = INT32_MAX;
  const int32_t z = -1;
  const float one = 1;
  float wide = 0;
  FindDequantizeLinear(DType::kS32)({1, 1, 1}, &q, &one, &z, &wide, pool);
  EXPECT_EQ(wide, 2147483648.0f);
}

}  // namespace
}  // namespace plumb::kernels
