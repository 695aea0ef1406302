// Records whose elements are chosen by data: gather, scatter, one_hot, topk and the like; and
// quantize_linear, resize and integer grids.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "plumb/base/custom_operator.h"
#include "plumb/runtime/record_test_util.h"

namespace plumb::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using Ints = std::vector<int64_t>;

Tensor F(Shape shape, std::vector<float> values) {
  return Tensor::Of<float>(std::move(shape), values);
}
Tensor L(Shape shape, std::vector<int64_t> values) {
  return Tensor::Of<int64_t>(std::move(shape), values);
}
Tensor S8(Shape shape, std::vector<int8_t> values) {
  return Tensor::Of<int8_t>(std::move(shape), values);
}
Tensor Iota(Shape shape) {
  Tensor t(DType::kF32, std::move(shape));
  std::iota(t.values<float>().begin(), t.values<float>().end(), 0.0f);
  return t;
}

TEST(BindGatherElements, FollowsTheAxis) {
  EXPECT_THAT(RunFor<float>({"gather_elements",
                             {Iota({2, 2}), L({2, 2}, {0, 0, 1, 0})},
                             {{DType::kF32, {2, 2}}},
                             {{"axis", int64_t{1}}}}),
              ElementsAre(0, 0, 3, 2));
  EXPECT_THAT(RunFor<float>({"gather_elements",
                             {Iota({3, 3}), L({2, 3}, {1, 2, 0, -1, 0, 99})},
                             {{DType::kF32, {2, 3}}},
                             {{"axis", int64_t{0}}}}),
              ElementsAre(3, 7, 2, 6, 1, 8));
  EXPECT_THAT(BindError({"gather_elements",
                         {Iota({2, 2}), L({2, 3}, Ints(6, 0))},
                         {{DType::kF32, {2, 3}}},
                         {{"axis", int64_t{0}}}}),
              HasSubstr("indices that fit"));
}

TEST(BindGatherNd, TuplesAndBatches) {
  EXPECT_THAT(
      RunFor<float>({"gather_nd", {Iota({2, 2}), L({2, 2}, {0, 0, 1, 1})}, {{DType::kF32, {2}}}}),
      ElementsAre(0, 3));
  EXPECT_THAT(
      RunFor<float>({"gather_nd", {Iota({2, 2}), L({2, 1}, {1, 0})}, {{DType::kF32, {2, 2}}}}),
      ElementsAre(2, 3, 0, 1));
  EXPECT_THAT(RunFor<float>({"gather_nd",
                             {Iota({2, 2, 2}), L({2, 1}, {1, 0})},
                             {{DType::kF32, {2, 2}}},
                             {{"batch_dims", int64_t{1}}}}),
              ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(BindError({"gather_nd", {Iota({2}), L({1, 2}, {0, 0})}, {{DType::kF32, {1}}}}),
              HasSubstr("indices into"));
  EXPECT_THAT(BindError({"gather_nd", {Iota({2}), L({}, {0})}, {{DType::kF32, {1}}}}),
              HasSubstr("indices into"));
}

TEST(BindScatter, ReplacesAndReduces) {
  EXPECT_THAT(RunFor<float>({"scatter_elements",
                             {Iota({1, 5}), L({1, 3}, {1, 3, -1}), F({1, 3}, {11, 13, 14})},
                             {{DType::kF32, {1, 5}}},
                             {{"axis", int64_t{1}}}}),
              ElementsAre(0, 11, 2, 13, 14));
  EXPECT_THAT(RunFor<float>({"scatter_elements",
                             {Iota({1, 5}), L({1, 2}, {1, 1}), F({1, 2}, {1, 2})},
                             {{DType::kF32, {1, 5}}},
                             {{"axis", int64_t{1}}, {"reduction", std::string("add")}}}),
              ElementsAre(0, 4, 2, 3, 4));
  EXPECT_THAT(RunFor<float>({"scatter_nd",
                             {Iota({2, 2}), L({1, 1}, {1}), F({1, 2}, {8, 9})},
                             {{DType::kF32, {2, 2}}}}),
              ElementsAre(0, 1, 8, 9));
  EXPECT_THAT(RunFor<float>({"scatter_nd",
                             {Iota({4}), L({2, 1}, {0, 0}), F({2}, {-8, -9})},
                             {{DType::kF32, {4}}},
                             {{"reduction", std::string("min")}}}),
              ElementsAre(-9, 1, 2, 3));
  EXPECT_THAT(
      BindError(
          {"scatter_nd", {Iota({2, 2}), L({1, 1}, {1}), F({2}, {8, 9})}, {{DType::kF32, {2, 2}}}}),
      HasSubstr("1x2"));
  EXPECT_THAT(BindError({"scatter_nd",
                         {Iota({2}), L({1, 1}, {1}), F({1}, {8})},
                         {{DType::kF32, {2}}},
                         {{"reduction", std::string("mean")}}}),
              HasSubstr("one of none, add"));
}

TEST(BindArrange, TriangleSequenceCodeSumAndTop) {
  EXPECT_THAT(RunFor<float>({"trilu",
                             {Iota({2, 3})},
                             {{DType::kF32, {2, 3}}},
                             {{"k", int64_t{1}}, {"upper", int64_t{1}}}}),
              ElementsAre(0, 1, 2, 0, 0, 5));
  EXPECT_THAT(RunFor<float>({"reverse_sequence",
                             {Iota({3, 2}), L({2}, {2, 3})},
                             {{DType::kF32, {3, 2}}},
                             {{"batch_axis", int64_t{1}}, {"time_axis", int64_t{0}}}}),
              ElementsAre(2, 5, 0, 3, 4, 1));
  EXPECT_THAT(RunFor<float>({"one_hot",
                             {L({2}, {1, -1}), L({}, {3}), F({2}, {0, 1})},
                             {{DType::kF32, {2, 3}}},
                             {{"axis", int64_t{1}}}}),
              ElementsAre(0, 1, 0, 0, 0, 1));
  EXPECT_THAT(
      RunFor<float>({"cumsum", {Iota({2, 3})}, {{DType::kF32, {2, 3}}}, {{"axis", int64_t{0}}}}),
      ElementsAre(0, 1, 2, 3, 5, 7));
  const auto top = RunRecord({"topk",
                              {F({2, 3}, {1, 3, 2, 6, 4, 5})},
                              {{DType::kF32, {2, 2}}, {DType::kS64, {2, 2}}},
                              {{"axis", int64_t{1}}}});
  ASSERT_EQ(top.size(), 2U);
  EXPECT_THAT(top[0].values<float>(), ElementsAre(3, 2, 6, 5));
  EXPECT_THAT(top[1].values<int64_t>(), ElementsAre(1, 2, 0, 2));
  EXPECT_THAT(
      BindError(
          {"topk", {Iota({3})}, {{DType::kF32, {4}}, {DType::kS64, {4}}}, {{"axis", int64_t{0}}}}),
      HasSubstr("shape 3"));
}

// Doubles what it gets.
class Doubling final : public CustomOperator {
 public:
  Result<std::vector<CustomTensor>> Infer(const Attributes&,
                                          std::span<const CustomTensor> inputs) const override {
    return std::vector<CustomTensor>(inputs.begin(), inputs.end());
  }
  void Compute(const Attributes& attributes, std::span<const ConstTensorView> inputs,
               std::span<const TensorView> outputs) const override {
    for (int64_t i = 0; i < inputs[0].size(); ++i) {
      outputs[0].data<float>()[i] =
          inputs[0].data<float>()[i] * static_cast<float>(attributes.Int("factor", 2));
    }
  }
};

TEST(BindCustom, AsksTheRegisteredOperator) {
  const auto record = [](const char* type, Shape out) -> RecordRun {
    return {"custom",
            {F({2}, {1, -3})},
            {{DType::kF32, std::move(out)}},
            {{std::string(kCustomType), std::string(type)}, {"factor", int64_t{5}}}};
  };
  RegisterCustomOperator("cstDoubling", std::make_shared<Doubling>());
  EXPECT_THAT(RunFor<float>(record("cstDoubling", {2})), ElementsAre(5, -15));
  EXPECT_THAT(BindError(record("cstDoubling", {3})), HasSubstr("shape"));
  EXPECT_THAT(BindError(record("cstHalving", {2})), HasSubstr("'cstHalving' to be registered"));
  RegisterCustomOperator("cstDoubling", nullptr);
  EXPECT_THAT(BindError(record("cstDoubling", {2})), HasSubstr("to be registered"));
}

TEST(BindQuantizeLinear, PerTensorAndPerAxis) {
  EXPECT_THAT(RunFor<int8_t>({"quantize_linear",
                              {F({3}, {0.25f, 0.75f, 1000}), F({}, {0.5f}), S8({}, {1})},
                              {{DType::kS8, {3}}}}),
              ElementsAre(1, 3, 127));
  EXPECT_THAT(RunFor<uint8_t>({"quantize_linear",
                               {F({2, 1}, {1, 1}), F({2}, {1, 0.5f})},
                               {{DType::kU8, {2, 1}}},
                               {{"axis", int64_t{0}}}}),
              ElementsAre(1, 2));
  EXPECT_THAT(RunFor<float>({"dequantize_linear",
                             {S8({2}, {3, -1}), F({1}, {0.5f}), S8({1}, {1})},
                             {{DType::kF32, {2}}}}),
              ElementsAre(1, -1));
  EXPECT_THAT(BindError({"quantize_linear",
                         {F({2}, {1, 1}), F({3}, {1, 1, 1})},
                         {{DType::kU8, {2}}},
                         {{"axis", int64_t{0}}}}),
              HasSubstr("one scale"));
}

TEST(BindResize, LinearCubicAndExtrapolation) {
  const auto resize = [](std::string mode, std::string coordinates, std::vector<float> scales,
                         Shape out) {
    return RunFor<float>(
        {"resize",
         {F({1, 2, 2, 1}, {1, 2, 3, 4})},
         {{DType::kF32, out}},
         {{"mode", mode}, {"coordinate_transformation_mode", coordinates}, {"scales", scales}}});
  };
  EXPECT_THAT(resize("linear", "half_pixel", {1, 2, 2, 1}, {1, 4, 4, 1}),
              ElementsAre(1, 1.25f, 1.75f, 2, 1.5f, 1.75f, 2.25f, 2.5f, 2.5f, 2.75f, 3.25f, 3.5f, 3,
                          3.25f, 3.75f, 4));
  EXPECT_THAT(resize("cubic", "align_corners", {1, 1.5f, 1, 1}, {1, 3, 2, 1}),
              Pointwise(FloatNear(1e-5f), {1.0f, 2.0f, 2.0f, 3.0f, 3.0f, 4.0f}));
  for (const char* mode : {"nearest", "linear"}) {
    EXPECT_THAT(
        RunFor<float>({"resize",
                       {F({4}, {1, 2, 3, 4})},
                       {{DType::kF32, {3}}},
                       {{"mode", std::string(mode)},
                        {"coordinate_transformation_mode", std::string("tf_crop_and_resize")},
                        {"scales", std::vector<float>{0.75f}},
                        {"roi", std::vector<float>{-1, 1}},
                        {"extrapolation_value", 10.0f}}}),
        ElementsAre(10, 1, 4))
        << mode;
  }
  EXPECT_THAT(
      BindError(
          {"resize", {Iota({2})}, {{DType::kF32, {4}}}, {{"scales", std::vector<float>{-2}}}}),
      HasSubstr("positive scales"));
  EXPECT_THAT(
      BindError({"resize", {Iota({2})}, {{DType::kF32, {4}}}, {{"mode", std::string("area")}}}),
      HasSubstr("one of nearest"));
  EXPECT_THAT(
      BindError(
          {"resize", {S8({2}, {1, 2})}, {{DType::kS8, {4}}}, {{"mode", std::string("linear")}}}),
      HasSubstr("f32"));
}

TEST(Grids, AreKeptOrRefused) {
  const Quantization coarse = {{0.5f}, {1}};
  const Quantization fine = {{0.25f}, {1}};
  // (0 + 1 + 2 + 4) / 4 * 2 = 3.5, a tie to even: 4, plus the zero point.
  EXPECT_THAT(RunFor<int8_t>({"reduce_mean",
                              {S8({4}, {1, 2, 3, 5})},
                              {{DType::kS8, {1}}},
                              {{"axes", Ints{0}}},
                              {coarse},
                              {fine}}),
              ElementsAre(5));
  EXPECT_THAT(BindError({"concat",
                         {S8({1}, {1}), S8({1}, {2})},
                         {{DType::kS8, {2}}},
                         {{"axis", int64_t{0}}},
                         {coarse, fine},
                         {coarse}}),
              HasSubstr("the grid of"));
  EXPECT_THAT(BindError({"transpose",
                         {S8({1}, {1})},
                         {{DType::kS8, {1}}},
                         {{"perm", Ints{0}}},
                         {coarse},
                         {fine}}),
              HasSubstr("the grid of"));
  EXPECT_THAT(RunFor<int8_t>({"max",
                              {S8({2}, {1, 5}), S8({2}, {3, 2})},
                              {{DType::kS8, {2}}},
                              {},
                              {coarse, coarse},
                              {coarse}}),
              ElementsAre(3, 5));
  EXPECT_THAT(
      BindError(
          {"max", {S8({1}, {1}), S8({1}, {3})}, {{DType::kS8, {1}}}, {}, {coarse, fine}, {coarse}}),
      HasSubstr("without a grid"));
  EXPECT_THAT(BindError({"div",
                         {S8({1}, {1}), S8({1}, {3})},
                         {{DType::kS8, {1}}},
                         {},
                         {coarse, coarse},
                         {coarse}}),
              HasSubstr("without a grid"));
}

// Attributes of the wrong type, of the wrong length, or missing: an error, never a crash.
TEST(HostileRecords, AttributesOfAnotherKind) {
  const auto refused = [](const RecordRun& run) { return !BindError(run).empty(); };
  EXPECT_TRUE(refused({"concat", {Iota({1})}, {{DType::kF32, {1}}}, {{"axis", 1.0f}}}));
  EXPECT_TRUE(refused({"transpose", {Iota({1})}, {{DType::kF32, {1}}}, {}}));
  EXPECT_TRUE(refused({"transpose", {Iota({1})}, {{DType::kF32, {1}}}, {{"perm", Ints{5}}}}));
  EXPECT_TRUE(refused(
      {"slice", {Iota({1})}, {{DType::kF32, {1}}}, {{"starts", Ints{0, 0}}, {"steps", Ints{1}}}}));
  EXPECT_TRUE(
      refused({"pad", {Iota({1})}, {{DType::kF32, {1}}}, {{"pads", Ints{INT64_MAX, INT64_MAX}}}}));
  EXPECT_TRUE(refused({"pad",
                       {Iota({0})},
                       {{DType::kF32, {2}}},
                       {{"pads", Ints{1, 1}}, {"mode", std::string("edge")}}}));
  EXPECT_TRUE(refused(
      {"max_pool", {Iota({1, 2, 2, 1})}, {{DType::kF32, {1, 2, 2, 1}}}, {{"kernel", Ints{0, 1}}}}));
  EXPECT_TRUE(refused({"max_pool",
                       {Iota({1, 2, 2, 1})},
                       {{DType::kF32, {1, 2, 2, 1}}},
                       {{"kernel", Ints{1, 1}}, {"pads", Ints{-1, 0, 0, 0}}}}));
  EXPECT_TRUE(refused({"reduce_sum", {Iota({2})}, {{DType::kF32, {1}}}, {{"axes", Ints{0, 0}}}}));
  EXPECT_TRUE(refused({"argmax", {Iota({2})}, {{DType::kF32, {1}}}, {{"axis", int64_t{0}}}}));
  EXPECT_TRUE(refused({"depth_to_space",
                       {Iota({1, 1, 1, 4})},
                       {{DType::kF32, {1, 2, 2, 1}}},
                       {{"block", int64_t{3}}}}));
  EXPECT_TRUE(refused({"split", {Iota({2})}, {}, {{"axis", int64_t{0}}}}));
  EXPECT_TRUE(
      refused({"gather", {Iota({2}), F({1}, {0})}, {{DType::kF32, {1}}}, {{"axis", int64_t{0}}}}));
  EXPECT_TRUE(refused({"where", {Iota({1}), Iota({1}), Iota({1})}, {{DType::kF32, {1}}}}));
  EXPECT_TRUE(refused({"expand", {Iota({2})}, {{DType::kF32, {3}}}}));
  EXPECT_TRUE(refused({"tile", {Iota({2})}, {{DType::kF32, {3}}}}));
  EXPECT_TRUE(refused({"tile", {Iota({2})}, {{DType::kF32, {2, 2}}}}));
}

}  // namespace
}  // namespace plumb::runtime
