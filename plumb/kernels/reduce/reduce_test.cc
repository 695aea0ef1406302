#include "plumb/kernels/reduce/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "plumb/kernels/reduce/cumulative_sum.h"
#include "plumb/kernels/reduce/top_k.h"

namespace plumb::kernels {
namespace {

// The elements of every output, in row-major order of the reduced axes.
template <typename T>
std::vector<std::vector<T>> Groups(const std::vector<int64_t>& shape,
                                   const std::vector<int64_t>& axes, const std::vector<T>& input) {
  std::vector<bool> reduced(shape.size(), false);
  for (int64_t a : axes) {
    reduced[static_cast<size_t>(a)] = true;
  }
  int64_t outputs = 1;
  for (size_t d = 0; d < shape.size(); ++d) {
    outputs *= reduced[d] ? 1 : shape[d];
  }
  std::vector<std::vector<T>> groups(static_cast<size_t>(outputs));
  for (size_t at = 0; at < input.size(); ++at) {
    auto rest = static_cast<int64_t>(at);
    int64_t output = 0;
    int64_t step = 1;
    for (size_t d = shape.size(); d-- > 0;) {
      if (!reduced[d]) {
        output += rest % shape[d] * step;
        step *= shape[d];
      }
      rest /= shape[d];
    }
    groups[static_cast<size_t>(output)].push_back(input[at]);
  }
  return groups;
}

// The stated order.
double LaneSum(const std::vector<float>& x) {
  double l[8] = {};
  for (size_t i = 0; i < x.size(); ++i) {
    l[i % 8] += static_cast<double>(x[i]);
  }
  return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
}

struct Case {
  std::vector<int64_t> shape, axes;
};

std::vector<Case> Cases() {
  std::vector<Case> cases = {{{}, {}},        {{5}, {0}},      {{2, 20, 20, 70}, {1, 2}},
                             {{3, 129}, {1}}, {{129, 3}, {0}}, {{0, 3}, {1}},
                             {{3, 0}, {1}}};
  std::mt19937 random(3);
  for (int i = 0; i < 60; ++i) {
    Case c;
    const size_t rank = 1 + random() % 6;
    for (size_t d = 0; d < rank; ++d) {
      c.shape.push_back(static_cast<int64_t>(1 + random() % 5));
      if (random() % 2 == 0) {
        c.axes.push_back(static_cast<int64_t>(d));
      }
    }
    cases.push_back(c);
  }
  return cases;
}

template <typename T, typename F>
void Check(std::string_view name, const F& expect) {
  std::mt19937 random(4);
  const ReduceFunction function = FindReduce(name, DTypeOf<T>::value);
  ASSERT_NE(function, nullptr);
  for (const Case& c : Cases()) {
    int64_t count = 1;
    for (int64_t d : c.shape) {
      count *= d;
    }
    std::vector<T> input(static_cast<size_t>(count));
    for (T& x : input) {
      if constexpr (std::is_same_v<T, float>) {
        x = (static_cast<float>(random() % 20001) - 10000.0f) * 1.1e-4f;
      } else {
        x = static_cast<T>(random() % 7) - 3;
      }
    }
    const auto groups = Groups(c.shape, c.axes, input);
    std::vector<T> expected;
    for (const auto& group : groups) {
      expected.push_back(expect(group));
    }
    for (int threads : {1, 2, 3}) {
      ThreadPool pool(threads);
      std::vector<T> output(expected.size());
      function(MakeReducePlan(c.shape, c.axes), input.data(), output.data(), pool);
      EXPECT_TRUE(output.empty() ||
                  std::memcmp(output.data(), expected.data(), output.size() * sizeof(T)) == 0)
          << name << " rank " << c.shape.size() << " threads " << threads;
    }
  }
}

TEST(Reduce, SumsInTheStatedOrder) {
  Check<float>("reduce_sum", [](const auto& x) { return static_cast<float>(LaneSum(x)); });
  Check<float>("reduce_mean", [](const auto& x) {
    const double mean = LaneSum(x) / static_cast<double>(x.size());
    return x.empty() ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(mean);
  });
  Check<int64_t>("reduce_sum", [](const auto& x) {
    int64_t sum = 0;
    for (int64_t v : x) {
      sum += v;
    }
    return sum;
  });
  Check<int32_t>("reduce_mean", [](const auto& x) {
    int32_t sum = 0;
    for (int32_t v : x) {
      sum += v;
    }
    return x.empty() ? 0 : sum / static_cast<int32_t>(x.size());
  });
}

TEST(Reduce, MaximaAreExactWhateverTheLanes) {
  Check<float>("reduce_max", [](const auto& x) {
    float best = -INFINITY;
    for (float v : x) {
      best = v > best ? v : best;
    }
    return best;
  });
  Check<int32_t>("reduce_min", [](const auto& x) {
    int32_t best = INT32_MAX;
    for (int32_t v : x) {
      best = v < best ? v : best;
    }
    return best;
  });
  ThreadPool pool(1);
  const std::vector<float> zeros = {-0.0f, 0.0f, -0.0f};
  float out = 1;
  FindReduce("reduce_max", DType::kF32)(
      MakeReducePlan(std::vector<int64_t>{3}, std::vector<int64_t>{0}), zeros.data(), &out, pool);
  EXPECT_FALSE(std::signbit(out));
  const std::vector<float> nan = {1, NAN, 2};
  FindReduce("reduce_max", DType::kF32)(
      MakeReducePlan(std::vector<int64_t>{3}, std::vector<int64_t>{0}), nan.data(), &out, pool);
  EXPECT_TRUE(std::isnan(out));
}

TEST(Reduce, LogSumExpIsNearTheTruth) {
  ThreadPool pool(2);
  std::mt19937 random(5);
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::vector<float> x(1 + random() % 40);
    long double sum = 0;
    const float offset = static_cast<float>(random() % 2000) - 1000.0f;
    for (float& v : x) {
      v = offset + static_cast<float>(random() % 1000) * 0.01f;
      sum += std::exp(static_cast<long double>(v) - static_cast<long double>(offset));
    }
    const auto expected = static_cast<float>(std::log(sum) + static_cast<long double>(offset));
    float out = 0;
    FindReduce("reduce_log_sum_exp", DType::kF32)(
        MakeReducePlan(std::vector<int64_t>{static_cast<int64_t>(x.size())},
                       std::vector<int64_t>{0}),
        x.data(), &out, pool);
    EXPECT_FLOAT_EQ(out, expected);
  }
}

TEST(ArgReduce, FirstOrLastOfEquals) {
  ThreadPool pool(2);
  const std::vector<float> x = {1, 3, 3, NAN, 2, NAN};
  int64_t out = 0;
  FindArg(ArgKind::kMax, DType::kF32)(1, 3, 1, false, x.data(), &out, pool);
  EXPECT_EQ(out, 1);
  FindArg(ArgKind::kMax, DType::kF32)(1, 3, 1, true, x.data(), &out, pool);
  EXPECT_EQ(out, 2);
  FindArg(ArgKind::kMin, DType::kF32)(1, 6, 1, false, x.data(), &out, pool);
  EXPECT_EQ(out, 3);
  FindArg(ArgKind::kMin, DType::kF32)(1, 6, 1, true, x.data(), &out, pool);
  EXPECT_EQ(out, 5);
}

TEST(TopK, TiesByIndex) {
  ThreadPool pool(1);
  const std::vector<float> x = {2, 5, 5, 1, NAN};
  std::vector<float> values(3);
  std::vector<int64_t> indices(3);
  TopKPlan plan = {1, 5, 1, 3, true};
  std::vector<std::byte> scratch(TopKScratch(plan));
  FindTopK(DType::kF32)(plan, x.data(), values.data(), indices.data(), scratch.data(), pool);
  EXPECT_EQ(indices, (std::vector<int64_t>{4, 1, 2}));
  plan.largest = false;
  FindTopK(DType::kF32)(plan, x.data(), values.data(), indices.data(), scratch.data(), pool);
  EXPECT_EQ(indices, (std::vector<int64_t>{3, 0, 1}));
  EXPECT_EQ(values, (std::vector<float>{1, 2, 5}));
}

TEST(CumulativeSum, EveryWay) {
  ThreadPool pool(1);
  const std::vector<int32_t> x = {1, 2, 3};
  std::vector<int32_t> y(3);
  const auto run = [&](bool exclusive, bool reverse) {
    FindCumulativeSum(DType::kS32)({1, 3, 1, exclusive, reverse}, x.data(), y.data(), pool);
    return y;
  };
  EXPECT_EQ(run(false, false), (std::vector<int32_t>{1, 3, 6}));
  EXPECT_EQ(run(true, false), (std::vector<int32_t>{0, 1, 3}));
  EXPECT_EQ(run(false, true), (std::vector<int32_t>{6, 5, 3}));
  EXPECT_EQ(run(true, true), (std::vector<int32_t>{5, 3, 0}));
}

}  // namespace
}  // namespace plumb::kernels
