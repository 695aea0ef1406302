// Multiply-adds and bytes of records, against numbers worked out by hand.
#include <gtest/gtest.h>

#include "plumb/runtime/one_record_test.h"

namespace plumb::runtime {
namespace {

RecordCost CostOf(const OneRecord& record, Isa isa = Isa::kScalar) {
  const auto session = Session::Create(record.Program(), {.isa = isa});
  EXPECT_TRUE(session.ok()) << session.status().message();
  return session.ok() ? (*session)->cost(0) : RecordCost{};
}

// x 1x5x7x4 -> 6 channels, 3x3, stride 2, pads 1, two groups: 3x4 pixels.
OneRecord Convolution() {
  return {.op = "conv",
          .operands = {{Random({1, 5, 7, 4}, 1)}, {Random({6, 3, 3, 2}, 2), true}},
          .out_shape = {1, 3, 4, 6},
          .attributes = {{"strides", std::vector<int64_t>{2, 2}},
                         {"pads", std::vector<int64_t>{1, 1, 1, 1}},
                         {"dilations", std::vector<int64_t>{1, 1}},
                         {"groups", int64_t{2}}}};
}

TEST(RecordCost, ConvolutionCountsEveryTapOfEveryOutput) {
  const RecordCost cost = CostOf(Convolution());
  EXPECT_EQ(cost.macs, 3 * 4 * 6 * (3 * 3 * 2));
  EXPECT_EQ(cost.products, DType::kF32);
  EXPECT_EQ(cost.window_height, 3);
  EXPECT_EQ(cost.window_width, 3);
  EXPECT_FALSE(cost.depthwise);
  EXPECT_EQ(cost.bytes_read, 4 * (5 * 7 * 4) + 4 * (6 * 3 * 3 * 2));
  EXPECT_EQ(cost.bytes_written, 4 * (3 * 4 * 6));
  EXPECT_NE(cost.kernel.find("scalar"), std::string_view::npos) << cost.kernel;
  EXPECT_EQ(cost.isa, Isa::kScalar);
}

TEST(RecordCost, NamesTheKernelOfTheIsaChosen) {
  for (Isa isa : AvailableIsas()) {
    const RecordCost cost = CostOf(Convolution(), isa);
    EXPECT_TRUE(MayRun(isa, cost.isa)) << IsaName(isa) << " got " << cost.kernel;
    EXPECT_EQ(cost.macs, 1296);
  }
}

TEST(RecordCost, DepthwiseConvolution) {
  const RecordCost cost =
      CostOf({.op = "conv",
              .operands = {{Random({2, 4, 4, 3}, 1)}, {Random({3, 5, 5, 1}, 2), true}},
              .out_shape = {2, 4, 4, 3},
              .attributes = {{"strides", std::vector<int64_t>{1, 1}},
                             {"pads", std::vector<int64_t>{2, 2, 2, 2}},
                             {"dilations", std::vector<int64_t>{1, 1}},
                             {"groups", int64_t{3}}}});
  EXPECT_EQ(cost.macs, 2 * 4 * 4 * 3 * 25);
  EXPECT_TRUE(cost.depthwise);
  EXPECT_EQ(cost.window_height, 5);
}

TEST(RecordCost, FullyConnected) {
  const RecordCost cost = CostOf({.op = "fully_connected",
                                  .operands = {{Random({3, 7}, 1)}, {Random({11, 7}, 2), true}},
                                  .out_shape = {3, 11}});
  EXPECT_EQ(cost.macs, 3 * 7 * 11);
  EXPECT_EQ(cost.window_height, 0);
}

TEST(RecordCost, MatrixProductsThatBroadcast) {
  const RecordCost cost = CostOf({.op = "matmul",
                                  .operands = {{Random({4, 1, 3, 5}, 1)}, {Random({2, 5, 6}, 2)}},
                                  .out_shape = {4, 2, 3, 6}});
  EXPECT_EQ(cost.macs, (4 * 2) * 3 * 5 * 6);
  EXPECT_EQ(cost.bytes_read, 4 * (4 * 3 * 5 + 2 * 5 * 6));
}

TEST(RecordCost, TransposedConvolutionSpreadsEveryInput) {
  const RecordCost cost =
      CostOf({.op = "conv_transpose",
              .operands = {{Random({1, 3, 3, 4}, 1)}, {Random({4, 2, 2, 5}, 2), true}},
              .out_shape = {1, 6, 6, 5},
              .attributes = {{"strides", std::vector<int64_t>{2, 2}},
                             {"pads", std::vector<int64_t>{0, 0, 0, 0}},
                             {"dilations", std::vector<int64_t>{1, 1}},
                             {"groups", int64_t{1}}}});
  EXPECT_EQ(cost.macs, (3 * 3 * 4) * (2 * 2 * 5));
}

TEST(RecordCost, WhatMultipliesNothingHasBytesOnly) {
  const RecordCost cost =
      CostOf({.op = "relu", .operands = {{Random({2, 3}, 1)}}, .out_shape = {2, 3}});
  EXPECT_EQ(cost.macs, 0);
  EXPECT_EQ(cost.products, DType::kNone);
  EXPECT_EQ(cost.bytes_read, 24);
  EXPECT_EQ(cost.bytes_written, 24);
}

// A network of two 8-bit layers: depthwise, then 1x1.
TEST(RecordCost, IntegerLayers) {
  auto program = std::make_shared<artifact::Program>();
  const auto constant = [&](const char* name, DType dtype, Shape shape) {
    return program->AddConstant(name, std::make_shared<Tensor>(dtype, std::move(shape)));
  };
  const Quantization grid = {{0.5f}, {3}};
  const int32_t x = program->AddTensor({"x", DType::kS8, {1, 6, 5, 8}, grid});
  const int32_t between = program->AddTensor({"between", DType::kS8, {1, 6, 5, 8}, grid});
  const int32_t y = program->AddTensor({"y", DType::kS8, {1, 6, 5, 16}, grid});
  program->records.push_back(
      {"conv",
       1,
       "depthwise",
       {x, constant("w1", DType::kS8, {8, 3, 3, 1}), -1, constant("m1", DType::kF32, {8})},
       {between},
       {{"strides", std::vector<int64_t>{1, 1}},
        {"pads", std::vector<int64_t>{1, 1, 1, 1}},
        {"dilations", std::vector<int64_t>{1, 1}},
        {"groups", int64_t{8}}}});
  program->records.push_back(
      {"conv",
       1,
       "dense",
       {between, constant("w2", DType::kS8, {16, 1, 1, 8}), -1, constant("m2", DType::kF32, {16})},
       {y},
       {{"strides", std::vector<int64_t>{1, 1}},
        {"pads", std::vector<int64_t>{0, 0, 0, 0}},
        {"dilations", std::vector<int64_t>{1, 1}},
        {"groups", int64_t{1}}}});
  program->inputs = {{"x", x, DType::kS8}};
  program->outputs = {{"y", y, DType::kS8}};
  const auto session = Session::Create(program, {});
  ASSERT_TRUE(session.ok()) << session.status().message();

  const RecordCost depthwise = (*session)->cost(0), dense = (*session)->cost(1);
  EXPECT_EQ(depthwise.macs, 6 * 5 * 8 * 9);
  EXPECT_TRUE(depthwise.depthwise);
  EXPECT_EQ(depthwise.products, DType::kS8);
  EXPECT_EQ(depthwise.bytes_read, 6 * 5 * 8 + 8 * 9 + 4 * 8);
  EXPECT_EQ(depthwise.bytes_written, 6 * 5 * 8);
  EXPECT_EQ(dense.macs, 6 * 5 * 8 * 16);
  EXPECT_FALSE(dense.depthwise);
  EXPECT_EQ(dense.bytes_read, 6 * 5 * 8 + 16 * 8 + 4 * 16);
  EXPECT_EQ(dense.bytes_written, 6 * 5 * 16);
}

}  // namespace
}  // namespace plumb::runtime
