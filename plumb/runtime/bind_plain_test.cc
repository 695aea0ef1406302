// The bindings of the plain kernels: one record at a time, through a session, against literal
// tensors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "plumb/runtime/record_test_util.h"

namespace plumb::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Ints = std::vector<int64_t>;

Tensor F(Shape shape, std::vector<float> values) {
  return Tensor::Of<float>(std::move(shape), values);
}
Tensor L(Shape shape, std::vector<int64_t> values) {
  return Tensor::Of<int64_t>(std::move(shape), values);
}
Tensor B(Shape shape, std::vector<uint8_t> values) {
  Tensor t(DType::kBool, std::move(shape));
  std::memcpy(t.raw(), values.data(), values.size());
  return t;
}
Tensor Iota(Shape shape) {
  Tensor t(DType::kF32, std::move(shape));
  std::iota(t.values<float>().begin(), t.values<float>().end(), 0.0f);
  return t;
}

TEST(BindBinary, BroadcastsAsNumpy) {
  EXPECT_THAT(
      RunFor<float>(
          {"add", {F({2, 3}, {1, 2, 3, 4, 5, 6}), F({3}, {10, 20, 30})}, {{DType::kF32, {2, 3}}}}),
      ElementsAre(11, 22, 33, 14, 25, 36));
  EXPECT_THAT(
      RunFor<float>({"sub", {F({2, 1}, {1, 2}), F({1, 3}, {10, 20, 30})}, {{DType::kF32, {2, 3}}}}),
      ElementsAre(-9, -19, -29, -8, -18, -28));
  EXPECT_THAT(RunFor<float>({"mul", {F({}, {3}), F({2}, {1, 2})}, {{DType::kF32, {2}}}}),
              ElementsAre(3, 6));
  EXPECT_THAT(RunFor<int64_t>(
                  {"div", {L({4}, {7, -7, 5, 1}), L({4}, {2, 2, 0, -1})}, {{DType::kS64, {4}}}}),
              ElementsAre(3, -3, 0, -1));
  EXPECT_THAT(RunFor<float>({"pow", {F({3}, {1, 2, 3}), F({}, {2})}, {{DType::kF32, {3}}}}),
              ElementsAre(1, 4, 9));
  EXPECT_THAT(RunFor<uint8_t>({"less", {L({3}, {1, 2, 3}), L({}, {2})}, {{DType::kBool, {3}}}}),
              ElementsAre(1, 0, 0));
  EXPECT_THAT(RunFor<int64_t>({"mod", {L({2}, {-7, 7}), L({2}, {3, -3})}, {{DType::kS64, {2}}}}),
              ElementsAre(2, -2));
  EXPECT_THAT(RunFor<int64_t>({"mod",
                               {L({2}, {-7, 7}), L({2}, {3, -3})},
                               {{DType::kS64, {2}}},
                               {{"fmod", int64_t{1}}}}),
              ElementsAre(-1, 1));
  EXPECT_TRUE(
      RunFor<float>({"add", {F({0, 3}, {}), F({3}, {1, 2, 3})}, {{DType::kF32, {0, 3}}}}).empty());
}

TEST(BindBinary, RefusesWhatDoesNotFit) {
  EXPECT_THAT(BindError({"add", {F({2}, {1, 2}), F({3}, {1, 2, 3})}, {{DType::kF32, {3}}}}),
              HasSubstr("broadcast"));
  EXPECT_THAT(BindError({"add", {F({2}, {1, 2}), L({2}, {1, 2})}, {{DType::kF32, {2}}}}),
              HasSubstr("defined for"));
  EXPECT_THAT(BindError({"add", {F({2}, {1, 2}), F({2}, {1, 2})}, {{DType::kS64, {2}}}}),
              HasSubstr("f32"));
  EXPECT_THAT(BindError({"add", {F({2}, {1, 2})}, {{DType::kF32, {2}}}}), HasSubstr("2 inputs"));
  EXPECT_THAT(BindError({"add", {F(Shape(9, 1), {1}), F({}, {1})}, {{DType::kF32, Shape(9, 1)}}}),
              HasSubstr("dimensions"));
}

TEST(BindWhere, ChoosesWithBroadcasting) {
  EXPECT_THAT(
      RunFor<float>(
          {"where", {B({2, 1}, {1, 0}), F({2}, {1, 2}), F({}, {9})}, {{DType::kF32, {2, 2}}}}),
      ElementsAre(1, 2, 9, 9));
}

TEST(BindCast, TruncatesTowardZero) {
  EXPECT_THAT(RunFor<int64_t>({"cast", {F({4}, {1.9f, -1.9f, 0.5f, 3})}, {{DType::kS64, {4}}}}),
              ElementsAre(1, -1, 0, 3));
  EXPECT_THAT(RunFor<uint8_t>({"cast", {F({3}, {0, -2, NAN})}, {{DType::kBool, {3}}}}),
              ElementsAre(0, 1, 1));
  EXPECT_THAT(RunFor<float>({"cast", {L({2}, {16777217, -3})}, {{DType::kF32, {2}}}}),
              ElementsAre(16777216, -3));
}

TEST(BindConcat, AnyAxis) {
  EXPECT_THAT(RunFor<float>({"concat",
                             {F({2, 1}, {1, 2}), F({2, 2}, {3, 4, 5, 6})},
                             {{DType::kF32, {2, 3}}},
                             {{"axis", int64_t{1}}}}),
              ElementsAre(1, 3, 4, 2, 5, 6));
  EXPECT_THAT(RunFor<float>({"concat",
                             {F({1, 2}, {1, 2}), F({0, 2}, {}), F({1, 2}, {3, 4})},
                             {{DType::kF32, {2, 2}}},
                             {{"axis", int64_t{0}}}}),
              ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(
      BindError(
          {"concat", {F({1}, {1}), F({1}, {2})}, {{DType::kF32, {3}}}, {{"axis", int64_t{0}}}}),
      HasSubstr("parts"));
  EXPECT_THAT(
      BindError(
          {"concat", {F({1}, {1}), F({1}, {2})}, {{DType::kF32, {2}}}, {{"axis", int64_t{1}}}}),
      HasSubstr("axis 1"));
}

TEST(BindSplit, AnyAxis) {
  const auto parts = RunRecord({"split",
                                {Iota({2, 3})},
                                {{DType::kF32, {2, 1}}, {DType::kF32, {2, 2}}},
                                {{"axis", int64_t{1}}}});
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_THAT(parts[0].values<float>(), ElementsAre(0, 3));
  EXPECT_THAT(parts[1].values<float>(), ElementsAre(1, 2, 4, 5));
}

TEST(BindSlice, ForwardsBackwardsAndOutside) {
  EXPECT_THAT(RunFor<float>({"slice",
                             {Iota({3, 4})},
                             {{DType::kF32, {2, 2}}},
                             {{"starts", Ints{0, 1}}, {"steps", Ints{2, 2}}}}),
              ElementsAre(1, 3, 9, 11));
  EXPECT_THAT(RunFor<float>({"slice",
                             {Iota({3, 4})},
                             {{DType::kF32, {3, 2}}},
                             {{"starts", Ints{2, 3}}, {"steps", Ints{-1, -3}}}}),
              ElementsAre(11, 8, 7, 4, 3, 0));
  EXPECT_TRUE(
      RunFor<float>(
          {"slice", {Iota({3})}, {{DType::kF32, {0}}}, {{"starts", Ints{3}}, {"steps", Ints{1}}}})
          .empty());
  for (const auto& [start, step, size] :
       std::vector<std::tuple<int64_t, int64_t, int64_t>>{{0, 1, 4},
                                                          {1, 1, 3},
                                                          {-1, 1, 1},
                                                          {3, 1, 1},
                                                          {0, 2, 3},
                                                          {1, -1, 3},
                                                          {0, 0, 2},
                                                          {0, INT64_MAX, 3},
                                                          {2, INT64_MIN, 3}}) {
    EXPECT_THAT(BindError({"slice",
                           {Iota({3})},
                           {{DType::kF32, {size}}},
                           {{"starts", Ints{start}}, {"steps", Ints{step}}}}),
                HasSubstr("a slice inside axis 0"))
        << start << " " << step << " " << size;
  }
}

TEST(BindExpandAndTile, Repeat) {
  EXPECT_THAT(RunFor<float>({"expand", {F({2, 1}, {1, 2})}, {{DType::kF32, {2, 2, 2}}}}),
              ElementsAre(1, 1, 2, 2, 1, 1, 2, 2));
  EXPECT_THAT(RunFor<float>({"tile", {Iota({2, 2})}, {{DType::kF32, {4, 4}}}}),
              ElementsAre(0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3));
}

TEST(BindPad, EveryMode) {
  const auto pad = [](std::string mode, Ints pads, int64_t out) {
    return RunFor<float>(
        {"pad", {F({4}, {1, 2, 3, 4})}, {{DType::kF32, {out}}}, {{"mode", mode}, {"pads", pads}}});
  };
  EXPECT_THAT(pad("constant", {1, 2}, 7), ElementsAre(0, 1, 2, 3, 4, 0, 0));
  EXPECT_THAT(pad("reflect", {2, 1}, 7), ElementsAre(3, 2, 1, 2, 3, 4, 3));
  EXPECT_THAT(pad("edge", {2, 1}, 7), ElementsAre(1, 1, 1, 2, 3, 4, 4));
  EXPECT_THAT(pad("wrap", {2, 1}, 7), ElementsAre(3, 4, 1, 2, 3, 4, 1));
  EXPECT_THAT(pad("constant", {-1, -1}, 2), ElementsAre(2, 3));
  EXPECT_THAT(pad("constant", {-1, 1}, 4), ElementsAre(2, 3, 4, 0));
  EXPECT_THAT(RunFor<float>({"pad",
                             {Iota({1, 2, 2, 1}), F({}, {9})},
                             {{DType::kF32, {1, 3, 3, 1}}},
                             {{"pads", Ints{0, 1, 0, 0, 0, 0, 1, 0}}}}),
              ElementsAre(9, 9, 9, 0, 1, 9, 2, 3, 9));
  RecordRun zero_point = {"pad",
                          {Tensor::Of<int8_t>({2}, std::vector<int8_t>{1, 2})},
                          {{DType::kS8, {3}}},
                          {{"pads", Ints{1, 0}}}};
  zero_point.output_grids = {{{0.5f}, {-7}}};
  EXPECT_THAT(RunFor<int8_t>(zero_point), ElementsAre(-7, 1, 2));
}

TEST(BindTranspose, Permutes) {
  EXPECT_THAT(
      RunFor<float>({"transpose", {Iota({2, 3})}, {{DType::kF32, {3, 2}}}, {{"perm", Ints{1, 0}}}}),
      ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(RunFor<float>({"transpose",
                             {Iota({1, 2, 2, 2})},
                             {{DType::kF32, {1, 2, 2, 2}}},
                             {{"perm", Ints{0, 2, 3, 1}}}}),
              ElementsAre(0, 4, 1, 5, 2, 6, 3, 7));
  EXPECT_THAT(RunFor<float>({"transpose", {F({}, {5})}, {{DType::kF32, {}}}, {{"perm", Ints{}}}}),
              ElementsAre(5));
  EXPECT_THAT(
      BindError({"transpose", {Iota({2, 2})}, {{DType::kF32, {2, 2}}}, {{"perm", Ints{0, 0}}}}),
      HasSubstr("permutation"));
}

TEST(BindGather, WrapsAndClamps) {
  EXPECT_THAT(RunFor<float>({"gather",
                             {Iota({3, 2}), L({4}, {0, -1, 99, -99})},
                             {{DType::kF32, {4, 2}}},
                             {{"axis", int64_t{0}}}}),
              ElementsAre(0, 1, 4, 5, 4, 5, 0, 1));
  EXPECT_THAT(
      RunFor<float>(
          {"gather", {Iota({2, 3}), L({}, {1})}, {{DType::kF32, {2}}}, {{"axis", int64_t{1}}}}),
      ElementsAre(1, 4));
}

TEST(BindResize, NearestTwice) {
  const Attributes attributes = {{"mode", std::string("nearest")},
                                 {"coordinate_transformation_mode", std::string("asymmetric")},
                                 {"nearest_mode", std::string("floor")},
                                 {"scales", std::vector<float>{1, 2, 2, 1}}};
  EXPECT_THAT(
      RunFor<float>({"resize", {Iota({1, 1, 2, 2})}, {{DType::kF32, {1, 2, 4, 2}}}, attributes}),
      ElementsAre(0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3));
}

TEST(BindPool, MaxAndAverage) {
  const Attributes window = {
      {"kernel", Ints{2, 2}}, {"strides", Ints{1, 1}}, {"pads", Ints{0, 0, 1, 1}}};
  EXPECT_THAT(
      RunFor<float>({"max_pool", {Iota({1, 2, 2, 1})}, {{DType::kF32, {1, 2, 2, 1}}}, window}),
      ElementsAre(3, 3, 3, 3));
  EXPECT_THAT(
      RunFor<float>({"average_pool", {Iota({1, 2, 2, 1})}, {{DType::kF32, {1, 2, 2, 1}}}, window}),
      ElementsAre(1.5f, 2, 2.5f, 3));
  EXPECT_THAT(BindError({"max_pool", {Iota({1, 2, 2, 1})}, {{DType::kF32, {1, 2, 2, 2}}}, window}),
              HasSubstr("same N and C"));
}

TEST(BindReduce, AnyAxes) {
  EXPECT_THAT(RunFor<float>({"reduce_mean",
                             {Iota({1, 2, 2, 2})},
                             {{DType::kF32, {1, 1, 1, 2}}},
                             {{"axes", Ints{1, 2}}}}),
              ElementsAre(3, 4));
  EXPECT_THAT(RunFor<float>({"reduce_sum",
                             {Iota({2, 3})},
                             {{DType::kF32, {2}}},
                             {{"axes", Ints{1}}, {"keepdims", int64_t{0}}}}),
              ElementsAre(3, 12));
  EXPECT_THAT(RunFor<float>({"reduce_max",
                             {Iota({2, 3})},
                             {{DType::kF32, {3}}},
                             {{"axes", Ints{0}}, {"keepdims", int64_t{0}}}}),
              ElementsAre(3, 4, 5));
  EXPECT_THAT(RunFor<int64_t>({"argmax",
                               {F({2, 3}, {1, 5, 5, 7, 2, 3})},
                               {{DType::kS64, {2, 1}}},
                               {{"axis", int64_t{1}}}}),
              ElementsAre(1, 0));
  EXPECT_THAT(BindError({"reduce_sum",
                         {Iota({2, 3})},
                         {{DType::kF32, {2}}},
                         {{"axes", Ints{2}}, {"keepdims", int64_t{0}}}}),
              HasSubstr("axes"));
}

TEST(BindDepthToSpace, BothModes) {
  const auto run = [](std::string mode) {
    return RunFor<float>({"depth_to_space",
                          {Iota({1, 1, 1, 8})},
                          {{DType::kF32, {1, 2, 2, 2}}},
                          {{"block", int64_t{2}}, {"mode", mode}}});
  };
  EXPECT_THAT(run("DCR"), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(run("CRD"), ElementsAre(0, 4, 1, 5, 2, 6, 3, 7));
  EXPECT_THAT(RunFor<float>({"space_to_depth",
                             {Iota({1, 2, 2, 2})},
                             {{DType::kF32, {1, 1, 1, 8}}},
                             {{"block", int64_t{2}}}}),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

}  // namespace
}  // namespace plumb::runtime
