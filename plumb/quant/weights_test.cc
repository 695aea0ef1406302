#include "plumb/quant/weights.h"

#include <gtest/gtest.h>

#include <cmath>

namespace plumb::quant {
namespace {

const Quantization kInput{{0.5f}, {-128}, -1};

TEST(QuantizeWeights, EachOutputChannelUsesTheWholeRange) {
  const Tensor w = Tensor::Of<float>({2, 1, 1, 2}, std::vector<float>{1, -0.5f, 254, 127});
  const Tensor b = Tensor::Of<float>({2}, std::vector<float>{1, -2});
  const auto q = QuantizeWeights(w, &b, kInput, false, {}, {}, 1, "layer", {});
  ASSERT_TRUE(q.ok());
  EXPECT_EQ(
      std::vector<int>(q->weights.values<int8_t>().begin(), q->weights.values<int8_t>().end()),
      (std::vector<int>{127, -64, 127, 64}));  // -63.5 and 63.5: ties go to the even step
  EXPECT_EQ(q->scale[1], 2.0f);
  EXPECT_EQ(q->bias.values<int32_t>()[0], 254);
  EXPECT_EQ(q->bias.values<int32_t>()[1], -2);
}

TEST(QuantizeWeights, OneScaleALayerIsTheCoarsestOfTheChannels) {
  const Tensor w = Tensor::Of<float>({2, 1, 1, 2}, std::vector<float>{1, -0.5f, 254, 127});
  const auto q = QuantizeWeights(w, nullptr, kInput, false, {}, {}, 1, "layer",
                                 {DType::kS8, DType::kS8, WeightScales::kLayer});
  ASSERT_TRUE(q.ok());
  EXPECT_EQ(q->scale, (std::vector<float>{2, 2}));
  EXPECT_EQ(
      std::vector<int>(q->weights.values<int8_t>().begin(), q->weights.values<int8_t>().end()),
      (std::vector<int>{0, 0, 127, 64}));  // 0.5 and -0.25 round to 0, 63.5 to the even 64
}

TEST(QuantizeWeights, OneScaleALayerKeepsAStatedGridThatIsPerTensor) {
  const Tensor w = Tensor::Of<float>({2, 1, 1, 1}, std::vector<float>{0.5f, -1.5f});
  const ProductTypes layer{DType::kS8, DType::kS8, WeightScales::kLayer};
  const auto kept =
      QuantizeWeights(w, nullptr, kInput, false, {{0.25f}, {0}, -1}, {}, 1, "layer", layer);
  EXPECT_TRUE(kept->kept_grid);
  EXPECT_EQ(kept->scale, (std::vector<float>{0.25f, 0.25f}));
  const auto anew =
      QuantizeWeights(w, nullptr, kInput, false, {{0.25f, 0.5f}, {0, 0}, 0}, {}, 1, "layer", layer);
  EXPECT_FALSE(anew->kept_grid);
  EXPECT_EQ(anew->scale, (std::vector<float>{1.5f / 127, 1.5f / 127}));
}

TEST(QuantizeWeights, ADeadChannelWithABiasDoesNotOverflow) {
  const Tensor w = Tensor::Of<float>({2, 1, 1, 1}, std::vector<float>{0, 1e-30f});
  const Tensor b = Tensor::Of<float>({2}, std::vector<float>{1000, -1000});
  const auto q = QuantizeWeights(w, &b, kInput, false, {}, {}, 1, "layer", {});
  ASSERT_TRUE(q.ok());
  EXPECT_EQ(q->bias.values<int32_t>()[0], 1 << 30);
  EXPECT_EQ(q->bias.values<int32_t>()[1], -(1 << 30));
}

TEST(QuantizeWeights, TheModelsOwnSymmetricGridIsKept) {
  const Tensor w = Tensor::Of<float>({1, 1, 1, 2}, std::vector<float>{0.25f, -1.5f});
  const auto q = QuantizeWeights(w, nullptr, kInput, false, Quantization{{0.25f}, {0}, -1}, {}, 1,
                                 "layer", {});
  ASSERT_TRUE(q.ok());
  EXPECT_TRUE(q->kept_grid);
  EXPECT_EQ(q->weights.values<int8_t>()[1], -6);
  const auto off = QuantizeWeights(w, nullptr, kInput, false, Quantization{{0.35f}, {0}, -1}, {}, 1,
                                   "layer", {});
  EXPECT_FALSE(off->kept_grid);
}

TEST(QuantizeWeights, InputScalesOfADenseOperatorAreFoldedIn) {
  const Tensor w = Tensor::Of<float>({1, 1, 1, 2}, std::vector<float>{1, 1});
  const Quantization input{{1.0f, 0.5f}, {0, 0}, 3};
  const auto q = QuantizeWeights(w, nullptr, input, false, {}, {}, 1, "layer", {});
  EXPECT_EQ(q->weights.values<int8_t>()[0], 127);
  EXPECT_EQ(q->weights.values<int8_t>()[1], 64);
}

TEST(QuantizeWeights, TheBiasTakesBackWhatRoundingShifts) {
  // 0.3 is 38.1 steps of 1/127: rounding loses 0.1 steps, at a mean input of 100 that is 10 steps of the weights.
  const Tensor w = Tensor::Of<float>({1, 1, 1, 2}, std::vector<float>{1, 0.3f});
  const std::vector<double> mean = {0, 100};
  const auto plain = QuantizeWeights(w, nullptr, kInput, false, {}, {}, 1, "layer", {});
  const auto corrected = QuantizeWeights(w, nullptr, kInput, false, {}, mean, 1, "layer", {});
  ASSERT_TRUE(plain.ok() && corrected.ok());
  EXPECT_EQ(plain->bias.values<int32_t>()[0], 0);
  const double s = 0.5 / 127;  // of the bias
  EXPECT_NEAR(corrected->bias.values<int32_t>()[0] * s, (0.3 - 38.0 / 127) * 100, s);
}

TEST(QuantizeWeights, NotANumberIsRefusedByName) {
  const Tensor w = Tensor::Of<float>({1, 1, 1, 1}, std::vector<float>{NAN});
  const auto q = QuantizeWeights(w, nullptr, kInput, false, {}, {}, 1, "model.3/conv", {});
  ASSERT_FALSE(q.ok());
  EXPECT_NE(q.status().message().find("model.3/conv"), std::string::npos);
}

// 255 * 127 * 66311 is the last that fits 2^31 - 1.
TEST(QuantizeWeights, ADepthThatCouldOverflowIsRefusedByName) {
  const auto sums_of = [](int64_t depth, ProductTypes types) {
    Tensor w(DType::kF32, {1, depth});
    std::fill(w.values<float>().begin(), w.values<float>().end(), 1.0f);
    return QuantizeWeights(w, nullptr, kInput, false, {}, {}, 1, "model.3/fc", types);
  };
  EXPECT_TRUE(sums_of(66311, {}).ok());
  const auto q = sums_of(66312, {});
  ASSERT_FALSE(q.ok());
  EXPECT_EQ(
      q.status().message(),
      "layer 'model.3/fc': sums of output channel 0 can reach 2147514120 over 66312 products; "
      "expected at most 2^31 - 1. Keep this layer in float: --keep-float 'model.3/fc'");
  EXPECT_TRUE(sums_of(66312, {DType::kS16, DType::kS16}).ok());  // 53 bits
}

TEST(QuantizeWeights, SixteenBitsHaveTheirOwnLimits) {
  const Tensor w = Tensor::Of<float>({2, 1, 1, 2}, std::vector<float>{1, -0.5f, 0, 0});
  const Tensor b = Tensor::Of<float>({2}, std::vector<float>{1, 1000});
  const Quantization input{{0x1p-10f}, {0}, -1};
  const auto q =
      QuantizeWeights(w, &b, input, false, {}, {}, 1, "layer", {DType::kS16, DType::kS16});
  ASSERT_TRUE(q.ok());
  ASSERT_EQ(q->weights.dtype(), DType::kS16);
  EXPECT_EQ(q->weights.values<int16_t>()[0], 32767);
  EXPECT_EQ(q->weights.values<int16_t>()[1], -16384);  // -16383.5: a tie goes to the even step
  ASSERT_EQ(q->bias.dtype(), DType::kS64);
  EXPECT_EQ(q->bias.values<int64_t>()[0], 1024 * 32767);
  EXPECT_EQ(q->bias.values<int64_t>()[1], int64_t{1} << 50);  // the floor of a dead channel's scale
  const auto narrow =
      QuantizeWeights(w, &b, input, false, {}, {}, 1, "layer", {DType::kS16, DType::kS8});
  ASSERT_TRUE(narrow.ok());
  EXPECT_EQ(narrow->weights.dtype(), DType::kS8);
  EXPECT_EQ(narrow->bias.dtype(), DType::kS64);
}

}  // namespace
}  // namespace plumb::quant
