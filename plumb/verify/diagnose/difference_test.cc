#include "plumb/verify/diagnose/difference.h"

#include <gtest/gtest.h>

#include <limits>

namespace plumb::verify {
namespace {

Tensor Rows(const std::vector<float>& values) {
  return Tensor::Of<float>({1, static_cast<int64_t>(values.size() / 2), 2}, values);
}

double Apart(const Tensor& a, const Tensor& b) {
  const Tensor* x[] = {&a};
  const Tensor* y[] = {&b};
  return TensorDifference(x, y);
}

vision::Detection Box(float x, float y, float size, float score, int label) {
  return {x, y, x + size, y + size, score, label, {}};
}

TEST(Difference, EqualTensorsDoNotDiffer) {
  const Tensor a = Rows({1, 100, 2, 200, 3, 300});
  EXPECT_EQ(Apart(a, a), 0);
}

TEST(Difference, EveryChannelCountsAlikeWhateverItsSize) {
  // Channel 0 is lost (all 2 instead of 1, 2, 3: noise = variance), channel 1 is exact.
  const Tensor a = Rows({1, 100, 2, 200, 3, 300, 2, 250});
  const Tensor b = Rows({2, 100, 2, 200, 2, 300, 2, 250});
  EXPECT_NEAR(Apart(a, b), 0.5, 0.01);
}

TEST(Difference, ChannelsThatDoNotMoveSayNothing) {
  // Channel 1 is a probability that stays near 0; what little it is off does not count.
  const Tensor a = Rows({1, 0.0001f, 5, 0.0001f, 9, 0.0002f});
  const Tensor b = Rows({1, 0.0010f, 5, 0.0010f, 9, 0.0010f});
  EXPECT_LT(Apart(a, b), 0.01);
}

TEST(Difference, ShapesAndInfinitiesAreWhollyDifferent) {
  const Tensor a = Rows({1, 2, 3, 4});
  const Tensor b = Tensor::Of<float>({1, 4}, std::vector<float>{1, 2, 3, 4});
  EXPECT_EQ(Apart(a, b), 1);
  EXPECT_EQ(Apart(a, Rows({1, 2, std::numeric_limits<float>::quiet_NaN(), 4})), 1);
}

TEST(Difference, BoxesCountByScoreOverlapAndClass) {
  const std::vector<std::vector<vision::Detection>> a = {{Box(0, 0, 10, 0.8f, 1)}};
  EXPECT_EQ(BoxDifference(a, a), 0);
  EXPECT_EQ(BoxDifference(a, {{Box(0, 0, 10, 0.8f, 2)}}), 1);
  EXPECT_EQ(BoxDifference(a, {{}}), 1);
  EXPECT_EQ(BoxDifference({{}}, {{}}), 0);
  // Half the score: common 0.4 of 0.8 + 0.4.
  EXPECT_NEAR(BoxDifference(a, {{Box(0, 0, 10, 0.4f, 1)}}), 1 - 2 * 0.4 / 1.2, 1e-6);
  // One box too many.
  EXPECT_NEAR(BoxDifference(a, {{Box(0, 0, 10, 0.8f, 1), Box(50, 50, 10, 0.8f, 1)}}),
              1 - 2 * 0.8 / 2.4, 1e-6);
}

TEST(Difference, IsTheMeanOfWhatBothSidesHave) {
  SideResults a, b;
  a.boxes = {{Box(0, 0, 10, 0.8f, 1)}};
  b.boxes = {{}};
  EXPECT_EQ(Compare(a, b).value(), 1);
  a.outputs = b.outputs = {{{"y", Rows({1, 2, 3, 4})}}};
  EXPECT_EQ(Compare(a, b).value(), 0.5);
  EXPECT_EQ(Compare({}, {}).value(), 0);
}

}  // namespace
}  // namespace plumb::verify
