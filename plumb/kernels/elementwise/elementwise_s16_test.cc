// Every kernel gives the definition's bits: pairs over the whole range, ties, every thread count.
#include "plumb/kernels/elementwise/elementwise_s16.h"

#include <gtest/gtest.h>

#include <random>

#include "plumb/base/tensor.h"
#include "plumb/kernels/elementwise/elementwise_s8.h"

namespace plumb::kernels {
namespace {

std::vector<ElementwiseS16Params> Params() {
  std::vector<ElementwiseS16Params> list;
  for (const auto op : {ElementwiseS16Op::kAdd, ElementwiseS16Op::kSub, ElementwiseS16Op::kMul}) {
    list.push_back({op, 0.5f, 0.5f});                 // ties everywhere
    list.push_back({op, 0.731f, 0.213f});             // ordinary
    list.push_back({op, 0.01f, 1.7f, -20000, 9000});  // a narrower clamp
    list.push_back({op, 0x1p60f, 0x1p-60f});          // saturation, the greatest ratio
    list.push_back({op, 0x1p-16f, 0x1p-16f});         // products onto the range, with ties
  }
  return list;
}

// Every value of one operand against values of the other that matter.
TEST(ElementwiseS16, EveryNumberAgainstTheEndsAndSome) {
  const auto kernels = ElementwiseS16Kernels();
  ASSERT_FALSE(kernels.empty());
  std::mt19937 random(3);
  std::vector<int16_t> others = {-32768, -32767, -1, 0, 1, 2, 3, 255, 256, 32766, 32767};
  for (int i = 0; i < 9; ++i) {
    others.push_back(static_cast<int16_t>(random()));
  }
  std::vector<int16_t> a(65536), y(65536);
  for (size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<int16_t>(i);
  }
  for (const ElementwiseS16Params& params : Params()) {
    for (const int16_t b : others) {
      for (const ElementwiseS16Kernel* kernel : kernels) {
        kernel->run(params, {a.data(), &b, y.data(), 65536, 1, 0});
        for (size_t i = 0; i < a.size(); ++i) {
          ASSERT_EQ(y[i], ElementwiseS16Reference(params, a[i], b))
              << kernel->name << " of " << a[i] << " and " << b;
        }
        kernel->run(params, {&b, a.data(), y.data(), 65536, 0, 1});
        for (size_t i = 0; i < a.size(); ++i) {
          ASSERT_EQ(y[i], ElementwiseS16Reference(params, b, a[i])) << kernel->name;
        }
      }
    }
  }
}

TEST(ElementwiseS16, TiesGoToTheEvenNumber) {
  const auto add = [](int16_t a, int16_t b, float m) {
    return ElementwiseS16Reference({ElementwiseS16Op::kAdd, m, m}, a, b);
  };
  EXPECT_EQ(add(1, 0, 0.5f), 0);
  EXPECT_EQ(add(3, 0, 0.5f), 2);
  EXPECT_EQ(add(-1, 0, 0.5f), 0);
  EXPECT_EQ(add(-3, 0, 0.5f), -2);
  EXPECT_EQ(add(32767, 32767, 1.0f), 32767);
  EXPECT_EQ(add(-32768, -32768, 1.0f), -32768);
  // 32767 * 32763 = 2^30 - 6 * 2^15 + 5 is rounded to 24 bits before the factor.
  EXPECT_EQ(ElementwiseS16Reference({ElementwiseS16Op::kMul, 0x1p-15f, 0}, 32767, 32763), 32762);
}

TEST(ElementwiseS16, BroadcastsAndStaysInsideItsOutput) {
  const Shape a_shape = {2, 1, 7, 19}, b_shape = {5, 1, 19}, y_shape = {2, 5, 7, 19};
  std::mt19937 random(5);
  std::vector<int16_t> a(2 * 7 * 19), b(5 * 19), expected(2 * 5 * 7 * 19);
  for (int16_t& v : a) v = static_cast<int16_t>(random());
  for (int16_t& v : b) v = static_cast<int16_t>(random());
  const ElementwiseS16Params params{ElementwiseS16Op::kSub, 0.37f, 0.61f};
  for (size_t i = 0; i < expected.size(); ++i) {
    const size_t c = i % 19, w = i / 19 % 7, h = i / 19 / 7 % 5, n = i / 19 / 7 / 5;
    expected[i] = ElementwiseS16Reference(params, a[(n * 7 + w) * 19 + c], b[h * 19 + c]);
  }
  for (const ElementwiseS16Kernel* kernel : ElementwiseS16Kernels()) {
    for (const int threads : {1, 2, 3}) {
      ThreadPool pool(threads);
      std::vector<int16_t> y(expected.size() + 64, 0x5A5A);
      ElementwiseS16(*kernel, params, ElementwiseS8Nest(a_shape, b_shape, y_shape), a.data(),
                     b.data(), y.data() + 32, pool);
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), y.begin() + 32)) << kernel->name;
      for (size_t i = 0; i < 32; ++i) {
        EXPECT_EQ(y[i], 0x5A5A);
        EXPECT_EQ(y[y.size() - 1 - i], 0x5A5A);
      }
    }
  }
}

}  // namespace
}  // namespace plumb::kernels
