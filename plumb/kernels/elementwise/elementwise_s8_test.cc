// Every kernel gives the definition's bits: all pairs of bytes, every broadcast, any thread count.
#include "plumb/kernels/elementwise/elementwise_s8.h"

#include <gtest/gtest.h>

#include <random>

#include "plumb/base/tensor.h"

namespace plumb::kernels {
namespace {

std::vector<ElementwiseS8Params> Params() {
  std::vector<ElementwiseS8Params> list;
  for (const auto op : {ElementwiseS8Op::kAdd, ElementwiseS8Op::kSub, ElementwiseS8Op::kMul}) {
    list.push_back({op, 0, 0, 0, 0.5f, 0.5f});                 // ties everywhere
    list.push_back({op, -128, 127, 5, 0.731f, 0.213f});        // the ends of the zero points
    list.push_back({op, 3, -7, -128, 0.01f, 1.7f, -100, 90});  // a narrower clamp
    list.push_back({op, 0, 0, 127, 1e6f, 1e-6f});              // saturation
  }
  return list;
}

TEST(ElementwiseS8, EveryPairOfBytes) {
  const auto kernels = ElementwiseS8Kernels();
  ASSERT_FALSE(kernels.empty());
  for (const ElementwiseS8Params& params : Params()) {
    for (const ElementwiseS8Kernel* kernel : kernels) {
      std::vector<int8_t> a(65536), b(65536), y(65536);
      for (size_t i = 0; i < a.size(); ++i) {
        a[i] = static_cast<int8_t>(i & 255);
        b[i] = static_cast<int8_t>(i >> 8);
      }
      kernel->run(params, {a.data(), b.data(), y.data(), 65536, 1, 1});
      for (size_t i = 0; i < a.size(); ++i) {
        ASSERT_EQ(y[i], ElementwiseS8Reference(params, a[i], b[i]))
            << kernel->name << " of " << int{a[i]} << " and " << int{b[i]};
      }
    }
  }
}

TEST(ElementwiseS8, BroadcastsAndStaysInsideItsOutput) {
  struct Case {
    Shape a, b, y;
  };
  const Case cases[] = {{{2, 5, 7, 19}, {2, 5, 7, 19}, {2, 5, 7, 19}},
                        {{2, 5, 7, 19}, {19}, {2, 5, 7, 19}},
                        {{1, 1, 1, 19}, {2, 5, 7, 19}, {2, 5, 7, 19}},
                        {{3, 33}, {}, {3, 33}},
                        {{2, 1, 4}, {1, 3, 1}, {2, 3, 4}},
                        {{2, 1, 1, 40}, {2, 6, 6, 40}, {2, 6, 6, 40}},
                        {{1}, {1}, {1}},
                        {{3, 0}, {3, 0}, {3, 0}}};
  const ElementwiseS8Params params{ElementwiseS8Op::kSub, 3, -4, 5, 0.37f, 0.61f};
  std::mt19937 random(5);
  for (const Case& c : cases) {
    std::vector<int8_t> a(static_cast<size_t>(NumElements(c.a))),
        b(static_cast<size_t>(NumElements(c.b)));
    for (int8_t& v : a) v = static_cast<int8_t>(random());
    for (int8_t& v : b) v = static_cast<int8_t>(random());
    const auto n = static_cast<size_t>(NumElements(c.y));
    // The definition, by walking the output's index.
    std::vector<int8_t> expected(n);
    const auto sa = BroadcastStrides(c.a, c.y), sb = BroadcastStrides(c.b, c.y);
    for (size_t i = 0; i < n; ++i) {
      auto rest = static_cast<int64_t>(i);
      int64_t ia = 0, ib = 0;
      for (size_t d = c.y.size(); d-- > 0; rest /= c.y[d]) {
        ia += rest % c.y[d] * sa[d];
        ib += rest % c.y[d] * sb[d];
      }
      expected[i] =
          ElementwiseS8Reference(params, a[static_cast<size_t>(ia)], b[static_cast<size_t>(ib)]);
    }
    for (const ElementwiseS8Kernel* kernel : ElementwiseS8Kernels()) {
      for (const int threads : {1, 2, 3}) {
        ThreadPool pool(threads);
        std::vector<int8_t> y(n + 128, 0x5A);
        ElementwiseS8(*kernel, params, ElementwiseS8Nest(c.a, c.b, c.y), a.data(), b.data(),
                      y.data() + 64, pool);
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), y.begin() + 64)) << kernel->name;
        EXPECT_TRUE(std::all_of(y.begin(), y.begin() + 64, [](int8_t v) { return v == 0x5A; }))
            << kernel->name;
        EXPECT_TRUE(std::all_of(y.end() - 64, y.end(), [](int8_t v) { return v == 0x5A; }))
            << kernel->name;
      }
    }
  }
}

}  // namespace
}  // namespace plumb::kernels
