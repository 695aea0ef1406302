#include "plumb/quant/range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "plumb/quant/kl_range.h"

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

// A bulk of bell shape over [-1, 1] and, where `outlier` is not 0, one value there.
ValueStats Bell(float outlier) {
  ValueStats s = Uniform(-1, std::max(1.0f, outlier));
  for (int bin = 0; bin < kHistogramBins; ++bin) {
    const double x = s.BinCentre(bin);
    s.histogram[static_cast<size_t>(bin)] =
        x > 1 ? 0 : static_cast<uint64_t>(1e4 * std::exp(-8 * x * x));
  }
  s.histogram.back() += outlier > 1 ? 1 : 0;
  s.count = 0;
  for (const uint64_t n : s.histogram) {
    s.count += n;
  }
  return s;
}

// The definition once more, bin by bin, with the C library's logarithm.
double PlainDivergence(const ValueStats& s, float t) {
  const Range range{std::max(s.min, -t), std::min(s.max, t)};
  const Quantization grid = GridOf(range);
  std::vector<double> p(kHistogramBins), q(kHistogramBins);
  int first = -1, last = -1;
  for (int i = 0; i < kHistogramBins; ++i) {
    const float x = s.BinCentre(i);
    if (x >= range.lo && x <= range.hi && s.histogram[static_cast<size_t>(i)] > 0) {
      first = first < 0 ? i : first;
      last = i;
    }
  }
  double sum_p = 0, sum_q = 0;
  for (int i = 0; i < kHistogramBins; ++i) {
    const auto n = static_cast<double>(s.histogram[static_cast<size_t>(i)]);
    p[static_cast<size_t>(std::clamp(i, first, last))] += n;
    sum_p += n;
    sum_q += i >= first && i <= last ? n : 0;
  }
  const auto level = [&](int i) {
    return std::clamp(std::nearbyint(s.BinCentre(i) / grid.scale[0]) + grid.zero_point[0], -128.0f,
                      127.0f);
  };
  for (int i = first; i <= last; ++i) {
    double share = 0, bins = 0;
    for (int k = first; k <= last; ++k) {
      const bool same = s.histogram[static_cast<size_t>(k)] > 0 && level(k) == level(i);
      share += same ? static_cast<double>(s.histogram[static_cast<size_t>(k)]) : 0;
      bins += same;
    }
    q[static_cast<size_t>(i)] = share / bins;
  }
  double divergence = 0;
  for (size_t i = 0; i < kHistogramBins; ++i) {
    divergence += p[i] > 0 ? p[i] / sum_p * std::log(p[i] / sum_p / (q[i] / sum_q)) : 0;
  }
  return divergence;
}

TEST(KlRange, IsTheDivergenceOfItsDefinition) {
  for (const float t : {0.3f, 0.9f, 1.0f, 4.0f}) {
    const ValueStats s = Bell(4);
    const double plain = PlainDivergence(s, t);
    // Each logarithm is rounded to binary32 (2^-24) after a function of 1.5 ulp; |log| is below 16 here; p sums to 1.
    EXPECT_NEAR(KlDivergence(s, t), plain, 16 * 2.5 * 0x1p-24) << t;
  }
}

TEST(KlRange, EvenlySpreadValuesKeepTheWholeRange) {
  EXPECT_EQ(KlRange(Uniform(-4, 4)), (Range{-4, 4}));
  EXPECT_NEAR(KlDivergence(Uniform(-4, 4), 4), 0, 1e-12);
}

TEST(KlRange, AnOutlierIsCutOff) {
  const Range range = KlRange(Bell(40));
  EXPECT_EQ(range.lo, -1);
  // Where a step is no wider than a bin, nothing but the outlier is lost; beyond, bins of the bulk begin to share steps.
  EXPECT_LE(range.hi, 255.0f * 41 / 2048 - 1);
  EXPECT_GT(range.hi, 0.5f);
}

TEST(ChooseRange, AutoFollowsWhatWasChosen) {
  ValueStats s = Bell(40);
  const RangeOptions automatic{Observer::kAuto};
  EXPECT_EQ(ChooseRange(s, automatic), ChooseRange(s, {Observer::kMinMax}));
  for (const Observer observer : {Observer::kMinMax, Observer::kMse, Observer::kKl}) {
    s.chosen = observer;
    EXPECT_EQ(ChooseRange(s, automatic), ChooseRange(s, {observer}));
  }
}

}  // namespace
}  // namespace plumb::quant
