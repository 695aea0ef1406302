#include "plumb/verify/closeness.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace plumb::verify {
namespace {

TEST(Closeness, SqnrIsTenLogOfSignalOverNoise) {
  Closeness c;
  c.Add(std::vector<float>{3, 4}, std::vector<float>{3, 4.5f});
  EXPECT_NEAR(c.Sqnr(), 10 * std::log10(25 / 0.25), 1e-12);
  EXPECT_DOUBLE_EQ(c.largest, 0.5);
  EXPECT_DOUBLE_EQ(c.RelativeError(), 0.5);
}

TEST(Closeness, EqualTensorsAreExactAndASmallRangeCountsAsAHundredth) {
  Closeness c;
  c.Add(std::vector<float>{1, 1}, std::vector<float>{1, 1});
  EXPECT_DOUBLE_EQ(c.Sqnr(), 200);
  EXPECT_DOUBLE_EQ(c.Cosine(), 1);
  Closeness d;
  d.Add(std::vector<float>{1, 1}, std::vector<float>{1, 1.5f});
  EXPECT_DOUBLE_EQ(d.RelativeError(), 50);
}

TEST(Closeness, NanOnOneSideIsAnInfiniteDifferenceOnBothNone) {
  Closeness c;
  c.Add(std::vector<float>{NAN, 1}, std::vector<float>{NAN, 1});
  EXPECT_DOUBLE_EQ(c.Sqnr(), 200);
  c.Add(std::vector<float>{1}, std::vector<float>{NAN});
  EXPECT_DOUBLE_EQ(c.Sqnr(), 0);
  EXPECT_TRUE(std::isinf(c.largest));
}

}  // namespace
}  // namespace plumb::verify
