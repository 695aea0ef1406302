#include "plumb/kernels/softmax/softmax.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "plumb/kernels/softmax/softmax_reference.h"

namespace plumb::kernels {
namespace {

constexpr SoftmaxForm kForms[] = {SoftmaxForm::kSoftmax, SoftmaxForm::kLogSoftmax};

TEST(Softmax, EveryKernelHasTheBitsOfTheDefinition) {
  std::mt19937 rng(1);
  std::normal_distribution<float> normal(0.0f, 4.0f);
  const struct {
    int64_t outer, n, inner;
  } cases[] = {{3, 1, 1},    {5, 10, 1},   {2, 16, 1},  {2, 17, 1},  {7, 49, 1},
               {1, 1000, 1}, {2, 8, 2},    {1, 16, 70}, {3, 21, 33}, {2, 3, 130},
               {1, 85, 16},  {40, 197, 1}, {1, 1, 5}};
  for (const auto& c : cases) {
    const auto size = static_cast<size_t>(c.outer * c.n * c.inner);
    std::vector<float> x(size), expected(size);
    for (float& v : x) {
      v = normal(rng);
    }
    for (SoftmaxForm form : kForms) {
      for (int64_t o = 0; o < c.outer; ++o) {
        for (int64_t i = 0; i < c.inner; ++i) {
          const int64_t at = o * c.n * c.inner + i;
          SoftmaxReference(x.data() + at, expected.data() + at, c.n, c.inner, form);
        }
      }
      for (const SoftmaxKernel* kernel : SoftmaxKernels()) {
        for (int threads = 1; threads <= 3; ++threads) {
          ThreadPool pool(threads);
          std::vector<float> y(size + 1, -7.5f);
          RunSoftmax(*kernel, form, x.data(), y.data(), c.outer, c.n, c.inner, pool);
          for (size_t i = 0; i < size; ++i) {
            ASSERT_EQ(std::bit_cast<uint32_t>(y[i]), std::bit_cast<uint32_t>(expected[i]))
                << kernel->name << " " << c.outer << "x" << c.n << "x" << c.inner << " element "
                << i;
          }
          ASSERT_EQ(y[size], -7.5f);
        }
      }
    }
  }
}

// Relative error of a softmax of n elements, u = 2^-24: x - m is off by u |x - m|, which Exp turns
// into a relative error; Exp adds 2.2 u (1.1 ulp is at most 2.2 u), the division u. The sum has the
// largest such error of its terms, plus n/16 + 4 additions of u each.
TEST(Softmax, ErrorAgainstBinary64StaysBelowTheDerivedBound) {
  std::mt19937 rng(2);
  std::uniform_real_distribution<float> uniform(-10.0f, 10.0f);
  const int64_t n = 300;
  std::vector<float> x(n), y(n);
  for (float& v : x) {
    v = uniform(rng);
  }
  ThreadPool pool(1);
  RunSoftmax(*SoftmaxKernels()[0], SoftmaxForm::kSoftmax, x.data(), y.data(), 1, n, 1, pool);
  double sum = 0.0;
  const double largest = *std::max_element(x.begin(), x.end());
  for (float v : x) {
    sum += std::exp(v - largest);
  }
  const double u = 0x1p-24;
  const double term = (20.0 + 2.2) * u;
  const double bound = 1.01 * (2.0 * term + (static_cast<double>(n) / 16 + 4 + 1) * u);
  for (size_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp(x[i] - largest) / sum;
    EXPECT_LE(std::fabs(y[i] - exact), bound * exact);
  }
}

TEST(Softmax, SpecialValues) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  for (const SoftmaxKernel* kernel : SoftmaxKernels()) {
    ThreadPool pool(1);
    std::vector<float> y(3);
    const float masked[] = {0.0f, -kInf, 0.0f};
    RunSoftmax(*kernel, SoftmaxForm::kSoftmax, masked, y.data(), 1, 3, 1, pool);
    EXPECT_EQ(y, (std::vector<float>{0.5f, 0.0f, 0.5f}));
    for (float bad : {kInf, std::nanf("")}) {
      for (int64_t at = 0; at < 3; ++at) {
        std::vector<float> x = {1.0f, 2.0f, 3.0f};
        x[static_cast<size_t>(at)] = bad;
        for (int64_t inner : {1, 3}) {
          std::vector<float> wide(static_cast<size_t>(3 * inner));
          for (size_t i = 0; i < wide.size(); ++i) {
            wide[i] = x[i / static_cast<size_t>(inner)];
          }
          RunSoftmax(*kernel, SoftmaxForm::kSoftmax, wide.data(), wide.data(), 1, 3, inner, pool);
          for (float v : wide) {
            EXPECT_TRUE(std::isnan(v)) << kernel->name << " " << bad << " at " << at;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace plumb::kernels
