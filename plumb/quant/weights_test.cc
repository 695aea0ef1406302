#include "plumb/quant/weights.h"

#include <gtest/gtest.h>

#include <cmath>

namespace plumb::quant {
namespace {

const Quantization kInput{{0.5f}, {-128}, -1};

TEST(QuantizeWeights, EachOutputChannelUsesTheWholeRange) {
  const Tensor w = Tensor::Of<float>({2, 1, 1, 2}, std::vector<float>{1, -0.5f, 254, 127});
  const Tensor b = Tensor::Of<float>({2}, std::vector<float>{1, -2});
  const auto q = QuantizeWeights(w, &b, kInput, false, {}, {}, 1, "layer");
  ASSERT_TRUE(q.ok());
  EXPECT_EQ(
      std::vector<int>(q->weights.values<int8_t>().begin(), q->weights.values<int8_t>().end()),
      (std::vector<int>{127, -64, 127, 64}));  // -63.5 and 63.5: ties go to the even step
  EXPECT_EQ(q->scale[1], 2.0f);
  EXPECT_EQ(q->bias.values<int32_t>()[0], 254);
  EXPECT_EQ(q->bias.values<int32_t>()[1], -2);
}

TEST(QuantizeWeights, ADeadChannelWithABiasDoesNotOverflow) {
  const Tensor w = Tensor::Of<float>({2, 1, 1, 1}, std::vector<float>{0, 1e-30f});
  const Tensor b = Tensor::Of<float>({2}, std::vector<float>{1000, -1000});
  const auto q = QuantizeWeights(w, &b, kInput, false, {}, {}, 1, "layer");
  ASSERT_TRUE(q.ok());
  EXPECT_EQ(q->bias.values<int32_t>()[0], 1 << 30);
  EXPECT_EQ(q->bias.values<int32_t>()[1], -(1 << 30));
}

TEST(QuantizeWeights, TheModelsOwnSymmetricGridIsKept) {
  const Tensor w = Tensor::Of<float>({1, 1, 1, 2}, std::vector<float>{0.25f, -1.5f});
  const auto q =
      QuantizeWeights(w, nullptr, kInput, false, Quantization{{0.25f}, {0}, -1}, {}, 1, "layer");
  ASSERT_TRUE(q.ok());
  EXPECT_TRUE(q->kept_grid);
  EXPECT_EQ(q->weights.values<int8_t>()[1], -6);
  const auto off =
      QuantizeWeights(w, nullptr, kInput, false, Quantization{{0.35f}, {0}, -1}, {}, 1, "layer");
  EXPECT_FALSE(off->kept_grid);
}

TEST(QuantizeWeights, InputScalesOfADenseOperatorAreFoldedIn) {
  const Tensor w = Tensor::Of<float>({1, 1, 1, 2}, std::vector<float>{1, 1});
  const Quantization input{{1.0f, 0.5f}, {0, 0}, 3};
  const auto q = QuantizeWeights(w, nullptr, input, false, {}, {}, 1, "layer");
  EXPECT_EQ(q->weights.values<int8_t>()[0], 127);
  EXPECT_EQ(q->weights.values<int8_t>()[1], 64);
}

TEST(QuantizeWeights, TheBiasTakesBackWhatRoundingShifts) {
  // 0.3 is 38.1 steps of 1/127: rounding loses 0.1 steps, at a mean input of 100 that is 10 steps of the weights.
  const Tensor w = Tensor::Of<float>({1, 1, 1, 2}, std::vector<float>{1, 0.3f});
  const std::vector<double> mean = {0, 100};
  const auto plain = QuantizeWeights(w, nullptr, kInput, false, {}, {}, 1, "layer");
  const auto corrected = QuantizeWeights(w, nullptr, kInput, false, {}, mean, 1, "layer");
  ASSERT_TRUE(plain.ok() && corrected.ok());
  EXPECT_EQ(plain->bias.values<int32_t>()[0], 0);
  const double s = 0.5 / 127;  // of the bias
  EXPECT_NEAR(corrected->bias.values<int32_t>()[0] * s, (0.3 - 38.0 / 127) * 100, s);
}

TEST(QuantizeWeights, NotANumberIsRefusedByName) {
  const Tensor w = Tensor::Of<float>({1, 1, 1, 1}, std::vector<float>{NAN});
  const auto q = QuantizeWeights(w, nullptr, kInput, false, {}, {}, 1, "model.3/conv");
  ASSERT_FALSE(q.ok());
  EXPECT_NE(q.status().message().find("model.3/conv"), std::string::npos);
}

}  // namespace
}  // namespace plumb::quant
