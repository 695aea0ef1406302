#include "plumb/runtime/port_convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "plumb/base/half.h"

namespace plumb::runtime {
namespace {

using artifact::TensorInfo;

TEST(Half, EveryHalfSurvivesTheWayToFloatAndBack) {
  for (uint32_t i = 0; i < 0x10000; ++i) {
    const auto half = static_cast<uint16_t>(i);
    const float value = HalfToFloat(half);
    if (std::isnan(value)) {
      EXPECT_EQ(FloatToHalf(value), half | 0x200U);
    } else {
      EXPECT_EQ(FloatToHalf(value), half) << i;
    }
  }
  EXPECT_EQ(HalfToFloat(0x3C00), 1.0F);
  EXPECT_EQ(HalfToFloat(0x0001), std::ldexp(1.0F, -24));
  EXPECT_EQ(HalfToFloat(0xFBFF), -65504.0F);
}

TEST(Half, RoundsToNearestEven) {
  for (uint32_t i = 0; i < 0x7BFF; ++i) {  // between two neighbours, subnormal ones too
    const double low = HalfToFloat(static_cast<uint16_t>(i));
    const double high = HalfToFloat(static_cast<uint16_t>(i + 1));
    const auto middle = static_cast<float>((low + high) / 2);
    EXPECT_EQ(FloatToHalf(middle), i % 2 == 0 ? i : i + 1);
    EXPECT_EQ(FloatToHalf(std::nextafter(middle, 0.0F)), i);
    EXPECT_EQ(FloatToHalf(std::nextafter(middle, 1e9F)), i + 1);
  }
  EXPECT_EQ(FloatToHalf(65519.996F), 0x7BFF);
  EXPECT_EQ(FloatToHalf(65520.0F), 0x7C00);
  EXPECT_EQ(FloatToHalf(-1e30F), 0xFC00);
  EXPECT_EQ(FloatToHalf(1e-30F), 0x0000);
}

TEST(BFloat16, RoundsToNearestEven) {
  EXPECT_EQ(FloatToBFloat16(1.0F), 0x3F80);
  EXPECT_EQ(FloatToBFloat16(std::bit_cast<float>(0x3F808000U)), 0x3F80);
  EXPECT_EQ(FloatToBFloat16(std::bit_cast<float>(0x3F818000U)), 0x3F82);
  EXPECT_EQ(FloatToBFloat16(std::numeric_limits<float>::max()), 0x7F80);
  EXPECT_TRUE(std::isnan(BFloat16ToFloat(FloatToBFloat16(std::bit_cast<float>(0x7F800001U)))));
}

TEST(PortConvert, QuantizesPerChannelAndBack) {
  const TensorInfo info{"x", DType::kS8, {2, 3}, {{0.5F, 1.0F, 2.0F}, {0, 10, -128}, 1}};
  const float reals[] = {0.25F, 1.5F, 4.0F, 0.75F, -200.0F, 1e9F};
  int8_t integers[6];
  FromUser(info, DType::kF32, reals, integers);
  EXPECT_THAT(std::vector<int>(integers, integers + 6),
              ::testing::ElementsAre(0, 12, -126, 2, -128, 127));
  double back[6];
  ToUser(info, DType::kF64, integers, back);
  EXPECT_THAT(std::vector<double>(back, back + 6), ::testing::ElementsAre(0, 2, 4, 1, -138, 510));
}

TEST(PortConvert, MakesBoolsZeroOrOne) {
  const TensorInfo info{"x", DType::kBool, {3}};
  const uint8_t given[] = {0, 1, 7};
  uint8_t taken[3];
  FromUser(info, DType::kBool, given, taken);
  EXPECT_THAT(taken, ::testing::ElementsAre(0, 1, 1));
}

}  // namespace
}  // namespace plumb::runtime
