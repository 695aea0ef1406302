// Records of binary32: conv, fully_connected, matmul, functions of one element; through the
// session, against plain loops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "plumb/kernels/dot_f32/conv_transpose_f32.h"
#include "plumb/kernels/dot_f32/dot_f32_reference.h"
#include "plumb/runtime/one_record_test.h"

namespace plumb::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

OneRecord Conv() {
  return {"conv",
          {{Random({2, 7, 6, 6}, 1)}, {Random({8, 3, 2, 3}, 2), true}, {Random({8}, 3), true}},
          DType::kF32,
          {2, 4, 3, 8},
          {{"strides", std::vector<int64_t>{2, 2}},
           {"pads", std::vector<int64_t>{1, 0, 1, 1}},
           {"dilations", std::vector<int64_t>{1, 1}},
           {"groups", int64_t{2}},
           {"function", std::string("none")}}};
}

std::vector<float> ConvExpected(const OneRecord& conv) {
  kernels::ConvF32Shape s;
  s.batch = 2, s.in_h = 7, s.in_w = 6, s.in_channels = 6, s.out_h = 4, s.out_w = 3,
  s.out_channels = 8;
  s.kernel_h = 3, s.kernel_w = 2, s.stride_h = s.stride_w = 2, s.pad_top = 1, s.groups = 2;
  std::vector<float> y(static_cast<size_t>(s.rows() * s.out_channels));
  kernels::ConvF32Reference(s, conv.operands[0].tensor.values<float>().data(),
                            conv.operands[1].tensor.values<float>().data(),
                            conv.operands[2].tensor.values<float>().data(), y.data());
  return y;
}

TEST(BindConvF32, HasTheBitsOfTheDefinition) {
  const OneRecord conv = Conv();
  conv.ExpectEverywhere(ConvExpected(conv));
}

TEST(BindConvF32, DepthwiseHasTheBitsOfTheDefinition) {
  const OneRecord conv{
      "conv",
      {{Random({1, 9, 11, 37}, 1)}, {Random({37, 3, 3, 1}, 2), true}, {Random({37}, 3), true}},
      DType::kF32,
      {1, 9, 11, 37},
      {{"strides", std::vector<int64_t>{1, 1}},
       {"pads", std::vector<int64_t>{1, 1, 1, 1}},
       {"dilations", std::vector<int64_t>{1, 1}},
       {"groups", int64_t{37}}}};
  kernels::ConvF32Shape s;
  s.in_h = s.out_h = 9, s.in_w = s.out_w = 11, s.in_channels = s.out_channels = s.groups = 37;
  s.kernel_h = s.kernel_w = 3, s.pad_top = s.pad_left = 1;
  std::vector<float> expected(static_cast<size_t>(s.rows() * s.out_channels));
  kernels::ConvF32Reference(s, conv.operands[0].tensor.values<float>().data(),
                            conv.operands[1].tensor.values<float>().data(),
                            conv.operands[2].tensor.values<float>().data(), expected.data());
  conv.ExpectEverywhere(expected);
}

TEST(BindConvF32, AppliesItsFunction) {
  OneRecord conv = Conv();
  std::vector<float> expected = ConvExpected(conv);
  conv.attributes.Set("function", std::string("leaky_relu"));
  conv.attributes.Set("alpha", 0.5f);
  for (float& v : expected) {
    v = v < 0.0f ? 0.5f * v : v;
  }
  conv.ExpectEverywhere(expected);
}

TEST(BindConvF32, RefusesWhatDoesNotFit) {
  OneRecord conv = Conv();
  conv.out_shape = {2, 4, 4, 8};
  EXPECT_THAT(conv.Error(), HasSubstr("output 0 to have shape 2x4x3x8"));
  conv = Conv();
  conv.attributes.Set("groups", int64_t{4});
  EXPECT_THAT(conv.Error(), HasSubstr("groups to divide"));
  conv = Conv();
  conv.attributes.Set("strides", std::vector<int64_t>{0, 1});
  EXPECT_THAT(conv.Error(), HasSubstr("strides between 1"));
  conv = Conv();
  conv.attributes.Set("dilations", std::vector<int64_t>{int64_t{1} << 62, 1});
  EXPECT_THAT(conv.Error(), HasSubstr("dilations between 1"));
  conv = Conv();
  conv.attributes.Erase("pads");
  EXPECT_THAT(conv.Error(), HasSubstr("pads"));
  conv = Conv();
  conv.attributes.Set("function", std::string("leaky_relu"));  // its alpha is missing
  EXPECT_THAT(conv.Error(), HasSubstr("alpha"));
  conv = Conv();
  conv.attributes.Set("function", std::string("sing"));
  EXPECT_THAT(conv.Error(), HasSubstr("'sing'"));
  conv = Conv();
  conv.operands[1].constant = false;
  EXPECT_THAT(conv.Error(), HasSubstr("no constant"));
  conv = Conv();
  conv.operands[2].tensor = Random({7}, 3);
  EXPECT_THAT(conv.Error(), HasSubstr("shape 8"));
  conv = Conv();
  conv.operands.resize(1);
  EXPECT_THAT(conv.Error(), HasSubstr("2 to 3 inputs"));
}

TEST(BindFullyConnectedF32, HasTheBitsOfTheDefinition) {
  OneRecord fc{"fully_connected",
               {{Random({3, 2, 40}, 1)}, {Random({35, 40}, 2), true}, {Random({35}, 3), true}},
               DType::kF32,
               {3, 2, 35},
               {}};
  std::vector<float> expected(6 * 35);
  kernels::DotF32Reference(
      fc.operands[0].tensor.values<float>().data(), fc.operands[1].tensor.values<float>().data(),
      fc.operands[2].tensor.values<float>().data(), 6, 35, 40, expected.data());
  fc.ExpectEverywhere(expected);
  fc.out_shape = {3, 2, 34};
  EXPECT_THAT(fc.Error(), HasSubstr("3x2x35"));
}

TEST(BindConvTranspose, HasTheBitsOfTheDefinition) {
  OneRecord conv{
      "conv_transpose",
      {{Random({2, 3, 4, 6}, 1)}, {Random({6, 3, 2, 4}, 2), true}, {Random({8}, 3), true}},
      DType::kF32,
      {2, 7, 9, 8},
      {{"strides", std::vector<int64_t>{2, 2}},
       {"pads", std::vector<int64_t>{1, 0, 0, 0}},
       {"dilations", std::vector<int64_t>{1, 2}},
       {"groups", int64_t{2}}}};
  kernels::ConvTransposeF32Shape s;
  s.batch = 2, s.in_h = 3, s.in_w = 4, s.in_channels = 6, s.out_h = 7, s.out_w = 9,
  s.out_channels = 8;
  s.kernel_h = 3, s.kernel_w = 2, s.stride_h = s.stride_w = 2, s.pad_top = 1, s.dilation_w = 2,
  s.groups = 2;
  std::vector<float> expected(2 * 7 * 9 * 8);
  kernels::ConvTransposeF32Reference(s, conv.operands[0].tensor.values<float>().data(),
                                     conv.operands[1].tensor.values<float>().data(),
                                     conv.operands[2].tensor.values<float>().data(),
                                     expected.data());
  conv.ExpectEverywhere(expected);
  conv.out_shape = {2, 7, 9, 4};
  EXPECT_THAT(conv.Error(), HasSubstr("2x7x9x8"));
}

// b [matrices][k][n] transposed to the [n][k] of the reference.
std::vector<float> Transposed(const float* b, int64_t k, int64_t n) {
  std::vector<float> t(static_cast<size_t>(k * n));
  for (int64_t i = 0; i < k * n; ++i) {
    t[static_cast<size_t>(i % n * k + i / n)] = b[i];
  }
  return t;
}

TEST(BindMatmul, BroadcastsAndHasTheBitsOfTheDefinition) {
  for (bool constant : {false, true}) {
    for (int64_t heads : {1, 3}) {
      const OneRecord matmul{"matmul",
                             {{Random({4, heads, 5, 70}, 1)}, {Random({3, 70, 33}, 2), constant}},
                             DType::kF32,
                             {4, 3, 5, 33},
                             {}};
      std::vector<float> expected(4 * 3 * 5 * 33);
      for (int64_t i = 0; i < 12; ++i) {
        const int64_t a = i / 3 * heads + (heads == 1 ? 0 : i % 3);
        const auto b =
            Transposed(matmul.operands[1].tensor.values<float>().data() + i % 3 * 70 * 33, 70, 33);
        kernels::DotF32Reference(matmul.operands[0].tensor.values<float>().data() + a * 5 * 70,
                                 b.data(), nullptr, 5, 33, 70, expected.data() + i * 5 * 33);
      }
      matmul.ExpectEverywhere(expected);
    }
  }
}

TEST(BindMatmul, OneMatrixIsSharedOutAmongThreads) {
  const OneRecord matmul{
      "matmul", {{Random({50, 9}, 1)}, {Random({9, 100}, 2)}}, DType::kF32, {50, 100}, {}};
  std::vector<float> expected(50 * 100);
  const auto b = Transposed(matmul.operands[1].tensor.values<float>().data(), 9, 100);
  kernels::DotF32Reference(matmul.operands[0].tensor.values<float>().data(), b.data(), nullptr, 50,
                           100, 9, expected.data());
  matmul.ExpectEverywhere(expected);
}

TEST(BindMatmul, RefusesWhatDoesNotFit) {
  OneRecord matmul{
      "matmul", {{Random({2, 5, 7}, 1)}, {Random({3, 7, 4}, 2)}}, DType::kF32, {2, 5, 4}, {}};
  EXPECT_THAT(matmul.Error(), HasSubstr("broadcast"));
  matmul.operands[1].tensor = Random({2, 6, 4}, 1);
  EXPECT_THAT(matmul.Error(), HasSubstr("[..., M, K]"));
  matmul.operands[1].tensor = Random({7}, 1);
  EXPECT_THAT(matmul.Error(), HasSubstr("[..., M, K]"));
}

TEST(BindSoftmax, RunsAlongItsAxis) {
  OneRecord softmax{"softmax",
                    {{Tensor(DType::kF32, {2, 4, 3})}},
                    DType::kF32,
                    {2, 4, 3},
                    {{"axis", int64_t{1}}}};
  softmax.ExpectEverywhere(std::vector<float>(24, 0.25f));
  softmax.attributes.Set("axis", int64_t{3});
  EXPECT_THAT(softmax.Error(), HasSubstr("axis from 0 to 2"));
  OneRecord log_softmax{
      "log_softmax", {{Tensor(DType::kF32, {5, 1})}}, DType::kF32, {5, 1}, {{"axis", int64_t{1}}}};
  log_softmax.ExpectEverywhere(std::vector<float>(5, 0.0f));
}

TEST(BindUnary, RunsFunctionsOfEveryType) {
  const OneRecord relu{
      "relu", {{Tensor::Of<float>({3}, std::vector<float>{-1, 0.5f, 2})}}, DType::kF32, {3}, {}};
  relu.ExpectEverywhere({0, 0.5f, 2});
  OneRecord elu = relu;
  elu.op = "elu";
  EXPECT_THAT(elu.Error(), HasSubstr("alpha"));
  OneRecord neg{
      "neg", {{Tensor::Of<int64_t>({2}, std::vector<int64_t>{-1, 9})}}, DType::kS64, {2}, {}};
  const auto out = neg.Run(1, Isa::kScalar);
  ASSERT_TRUE(out.ok()) << out.status().message();
  EXPECT_THAT(out->values<int64_t>(), ElementsAre(1, -9));
  neg.op = "exp";
  EXPECT_THAT(neg.Error(), HasSubstr("element type"));
  OneRecord isinf{"isinf",
                  {{Tensor::Of<float>({2}, std::vector<float>{INFINITY, -INFINITY})}},
                  DType::kBool,
                  {2},
                  {{"detect_negative", int64_t{0}}, {"detect_positive", int64_t{1}}}};
  const auto found = isinf.Run(2, Isa::kScalar);
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_THAT(found->values<bool>(), ElementsAre(true, false));
}

}  // namespace
}  // namespace plumb::runtime
