#include "plumb/quant/range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace plumb::quant {
namespace {

ValueStats Uniform(float lo, float hi) {
  ValueStats s;
  s.seen = true;
  s.min = lo;
  s.max = hi;
  s.channel_min = {lo};
  s.channel_max = {hi};
  s.histogram.assign(kHistogramBins, 10);
  s.count = 10u * kHistogramBins;
  return s;
}

TEST(GridOf, APictureOver255IsWithoutLoss) {
  const Quantization grid = GridOf({0, 1});
  EXPECT_EQ(grid.scale[0], 1.0f / 255.0f);
  EXPECT_EQ(grid.zero_point[0], -128);
}

TEST(GridOf, ZeroLiesOnTheGridAndAPositiveRangeStartsAtZero) {
  EXPECT_EQ(GridOf({3, 6}), GridOf({0, 6}));
  const Quantization grid = GridOf({-127, 128});
  EXPECT_EQ(grid.scale[0], 1.0f);
  EXPECT_EQ(grid.zero_point[0], -1);
}

TEST(GridOf, AnEmptyOrHugeRangeGivesAUsableScale) {
  EXPECT_EQ(GridOf({0, 0}).scale[0], 1.0f / 255.0f);
  EXPECT_TRUE(std::isfinite(GridOf({-3e38f, 3e38f}).scale[0]));
  EXPECT_TRUE(std::isnormal(GridOf({0, 1e-44f}).scale[0]));
}

ValueStats OfChannels(std::vector<float> low, std::vector<float> high) {
  ValueStats s;
  s.seen = true;
  s.min = *std::min_element(low.begin(), low.end());
  s.max = *std::max_element(high.begin(), high.end());
  s.channel_min = std::move(low);
  s.channel_max = std::move(high);
  return s;
}

TEST(ChannelGridOf, AnAlmostDeadChannelKeepsToTheRatioToo) {
  const Quantization grid = ChannelGridOf(OfChannels({0, 0}, {255, 1e-30f}), 4096, 4, 0);
  EXPECT_FLOAT_EQ(grid.scale[0], 1);
  EXPECT_FLOAT_EQ(grid.scale[1], 1.0f / 4096);
}

// Scores of a class that was never there: all below zero. Up to a quarter of the width, and no further than another goes.
TEST(ChannelGridOf, HeadroomGoesTowardsTheGreatestChannel) {
  const Quantization grid = ChannelGridOf(OfChannels({-20, -20, -4}, {3, -5, -1}), 4096, 4, 0.25f);
  const auto top = [&](size_t c) {
    return grid.scale[c] * static_cast<float>(127 - grid.zero_point[c]);
  };
  EXPECT_NEAR(top(0), 3, grid.scale[0]);
  EXPECT_NEAR(top(1), 3, grid.scale[1]);
  EXPECT_NEAR(top(2), 1, grid.scale[2]);
}

TEST(ChannelGridOf, FineChannelsAreBoundedByTheRatioAndDeadOnesGetARange) {
  ValueStats s = Uniform(-1, 255);
  s.channel_min = {0, 0, -1, 0};
  s.channel_max = {255, 1, 1, 0};
  const Quantization grid = ChannelGridOf(s, 16, 4, 0);
  EXPECT_EQ(grid.axis, 3);
  EXPECT_FLOAT_EQ(grid.scale[0], 1.0f);
  EXPECT_FLOAT_EQ(grid.scale[1], 1.0f / 16);
  EXPECT_FLOAT_EQ(grid.scale[2], 1.0f / 16);
  EXPECT_FLOAT_EQ(grid.scale[3], 1.0f / 16);
}

TEST(ChooseRange, PercentileLeavesTheTailsOut) {
  ValueStats s = Uniform(0, 2048);
  s.histogram.assign(kHistogramBins, 0);
  s.histogram[0] = 500000;
  s.histogram[100] = 499999;
  s.histogram[2047] = 1;
  s.count = 1000000;
  const Range range = ChooseRange(s, {Observer::kPercentile, 99.999});
  EXPECT_FLOAT_EQ(range.hi, 101);
  EXPECT_EQ(ChooseRange(s, {Observer::kMinMax}), (Range{0, 2048}));
}

TEST(ChooseRange, MseClipsARareOutlierAndKeepsAUniformRange) {
  EXPECT_EQ(ChooseRange(Uniform(-1, 1), {Observer::kMse}), (Range{-1, 1}));
  ValueStats s = Uniform(0, 100);
  s.histogram.assign(kHistogramBins, 0);
  for (size_t i = 0; i < 100; ++i) {
    s.histogram[i] = 1000000;
  }
  s.histogram[2047] = 1;
  s.count = 100000001;
  EXPECT_LT(ChooseRange(s, {Observer::kMse}).hi, 50);
}

}  // namespace
}  // namespace plumb::quant
