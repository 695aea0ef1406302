// Records of 8-bit tensors other than convolutions, through the session on every instruction set.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plumb/kernels/elementwise/elementwise_s8.h"
#include "plumb/numerics/requantize.h"
#include "plumb/runtime/record_test_util.h"

namespace plumb::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor Bytes(Shape shape, const std::vector<int8_t>& values) {
  return Tensor::Of<int8_t>(std::move(shape), values);
}

const Quantization kGrid{{0.5f}, {3}};

TEST(BindArithmetic, AddsOnThreeGrids) {
  const RecordRun run{"add",
                      {Bytes({2, 2}, {-128, 127, 3, 4}), Bytes({2}, {10, -20})},
                      {{DType::kS8, {2, 2}}},
                      {},
                      {{{0.5f}, {3}}, {{0.25f}, {-1}}},
                      {{{1.0f}, {7}}}};
  const kernels::ElementwiseS8Params params{kernels::ElementwiseS8Op::kAdd, 3, -1, 7, 0.5f, 0.25f};
  EXPECT_THAT(RunFor<int8_t>(run), ElementsAre(kernels::ElementwiseS8Reference(params, -128, 10),
                                               kernels::ElementwiseS8Reference(params, 127, -20),
                                               kernels::ElementwiseS8Reference(params, 3, 10),
                                               kernels::ElementwiseS8Reference(params, 4, -20)));
}

TEST(BindArithmetic, MultipliesAndClamps) {
  RecordRun run{"mul",
                {Bytes({3}, {4, 5, 6}), Bytes({}, {9})},
                {{DType::kS8, {3}}},
                {},
                {kGrid, kGrid},
                {{{1.5f}, {0}}}};
  // (x - 3) * 6 * 0.25 / 1.5: 1, 2, 3
  EXPECT_THAT(RunFor<int8_t>(run), ElementsAre(1, 2, 3));
  run.attributes = {{"clamp_hi", int64_t{2}}};
  EXPECT_THAT(RunFor<int8_t>(run), ElementsAre(1, 2, 2));
}

TEST(BindArithmetic, RefusesWhatDoesNotFit) {
  RecordRun run{
      "add",  {Bytes({3}, {4, 5, 6}), Bytes({2}, {9, 9})}, {{DType::kS8, {3}}}, {}, {kGrid, kGrid},
      {kGrid}};
  EXPECT_THAT(BindError(run), HasSubstr("input 1 to broadcast to 3"));
  run.inputs[1] = Bytes({3}, {9, 9, 9});
  run.output_grids = {};
  EXPECT_THAT(BindError(run), HasSubstr("one scale and zero point for tensor 'out0'"));
  run.output_grids = {{{1e-30f}, {0}}};
  EXPECT_THAT(BindError(run), HasSubstr("ratio is at most 2^60"));
}

TEST(BindQuantize, PerTensorAndPerChannelAndBack) {
  const std::vector<float> x = {0.25f, 0.75f, -1.0f, 100.0f};
  const Quantization channels{{0.5f, 1.0f}, {1, -2}, 1};
  const RecordRun run{"quantize", {Tensor::Of<float>({2, 2}, x)}, {{DType::kS8, {2, 2}}}, {}, {},
                      {channels}};
  // 0.25 / 0.5 ties to 0; 0.75 to 1; -1 / 0.5 = -2; 100
  EXPECT_THAT(RunFor<int8_t>(run), ElementsAre(1, -1, -1, 98));
  const RecordRun back{
      "dequantize", {Bytes({2, 2}, {1, -1, -1, 98})}, {{DType::kF32, {2, 2}}}, {}, {channels}};
  EXPECT_THAT(RunFor<float>(back), ElementsAre(0.0f, 1.0f, -1.0f, 100.0f));
  const RecordRun first_axis{"quantize", {Tensor::Of<float>({2, 2}, x)}, {{DType::kU8, {2, 2}}}, {},
                             {},         {{{0.5f, 1.0f}, {1, 2}, 0}}};
  EXPECT_THAT(RunFor<uint8_t>(first_axis), ElementsAre(1, 3, 1, 102));
  RecordRun none = run;
  none.output_grids = {};
  EXPECT_THAT(BindError(none), HasSubstr("with a grid"));
}

TEST(BindQuantize, RefusesAPermThatIsNone) {
  RecordRun run{"quantize",
                {Tensor(DType::kF32, {1, 3, 2, 2})},
                {{DType::kS8, {1, 2, 2, 3}}},
                {{"perm", std::vector<int64_t>{0, 2, 3, 1}}},
                {},
                {{{0.5f}, {0}}}};
  EXPECT_EQ(BindError(run), "");
  run.attributes.Set("perm", std::vector<int64_t>{0, 2, 3, 2});
  EXPECT_THAT(BindError(run), HasSubstr("a permutation"));
  run.attributes.Set("perm", std::vector<int64_t>{0, 2, 3, 4});
  EXPECT_THAT(BindError(run), HasSubstr("perm"));
  run.attributes.Set("perm", std::vector<int64_t>{0, 2, 3});
  EXPECT_THAT(BindError(run), HasSubstr("perm"));
  run.attributes.Set("perm", std::vector<int64_t>{0, 3, 2, 1});
  EXPECT_EQ(BindError(run), "");
  run.attributes.Set("perm", std::vector<int64_t>{0, 1, 2, 3});
  EXPECT_THAT(BindError(run), HasSubstr("shape 1x3x2x2"));
}

TEST(BindAverage, PoolsAndMeansOnGrids) {
  const std::vector<int64_t> two = {2, 2}, none = {0, 0, 0, 0};
  const RecordRun pool{"average_pool",
                       {Bytes({1, 2, 2, 1}, {4, 5, 6, 7})},
                       {{DType::kS8, {1, 1, 1, 1}}},
                       {{"kernel", two}, {"strides", two}, {"pads", none}},
                       {{{0.5f}, {3}}},
                       {{{1.0f}, {-1}}}};
  // (1 + 2 + 3 + 4) / 4 * 0.5 = 1.25
  EXPECT_THAT(RunFor<int8_t>(pool), ElementsAre(0));
  RecordRun mean{"reduce_mean",       {Bytes({2, 2}, {4, 5, 6, 9})},
                 {{DType::kS8, {2}}}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{0}}},
                 {{{1.0f}, {3}}},     {{{1.0f}, {0}}}};
  EXPECT_THAT(RunFor<int8_t>(mean), ElementsAre(2, 4));  // 1.5 and 4.5 tie to even
  mean.output_grids = {};
  EXPECT_THAT(BindError(mean), HasSubstr("one scale and zero point for tensor 'out0'"));
}

TEST(BindTable, OfOneAndOfEachChannel) {
  for (const bool per_channel : {false, true}) {
    Tensor table(DType::kS8, per_channel ? Shape{2, 256} : Shape{256});
    for (size_t i = 0; i < static_cast<size_t>(table.size()); ++i) {
      table.values<int8_t>()[i] = static_cast<int8_t>(i < 256 ? 255 - i : i);
    }
    auto p = std::make_shared<artifact::Program>();
    p->AddTensor({"x", DType::kS8, {2, 2}, kGrid});
    p->AddConstant("t", std::make_shared<Tensor>(table));
    p->AddTensor({"y", DType::kS8, {2, 2}, kGrid});
    p->records.push_back({"table", 1, "t1", {0, 1}, {2}, {}});
    p->inputs = {{"x", 0, DType::kS8}};
    p->outputs = {{"y", 2, DType::kS8}};
    for (const Isa isa : AvailableIsas()) {
      auto session = Session::Create(p, {.isa = isa});
      ASSERT_TRUE(session.ok()) << session.status().message();
      const int8_t x[] = {-128, -127, 0, 127};
      std::memcpy((*session)->input(0).raw, x, 4);
      ASSERT_TRUE((*session)->Run().ok());
      const int8_t* y = (*session)->output(0).data<int8_t>();
      for (size_t i = 0; i < 4; ++i) {
        const size_t channel = per_channel ? i % 2 : 0;
        EXPECT_EQ(y[i], table.values<int8_t>()[channel * 256 + static_cast<size_t>(x[i] + 128)]);
      }
    }
    p->tensors[1].shape = per_channel ? Shape{256, 2} : Shape{2, 128};
    EXPECT_THAT(Session::Create(p, {}).status().message(),
                HasSubstr("input 1 to be a s8 constant"));
  }
}

}  // namespace
}  // namespace plumb::runtime
