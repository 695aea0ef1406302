#include "plumb/ir/extract.h"

#include <gtest/gtest.h>

#include "plumb/ir/verify.h"

namespace plumb::ir {
namespace {

TEST(Extract, TakesWhatTheOutputsNeedAndNoMore) {
  Graph g;
  const ValueId x = g.AddInput("x", TensorType(DType::kF32, Shape{4}));
  const ValueId c = g.AddConstant("c", Tensor(DType::kF32, {4}));
  const ValueId a = g.Emit("relu", "a", {x}, {}, TensorType(DType::kF32, Shape{4}));
  const ValueId b = g.Emit("add", "b", {a, c}, {}, TensorType(DType::kF32, Shape{4}));
  g.AddOutput("y", g.Emit("tanh", "t", {b}, {}, TensorType(DType::kF32, Shape{4})));
  const auto part = Extract(g, std::vector<ValueId>{a}, std::vector<ValueId>{b});
  ASSERT_TRUE(part.ok()) << part.status().message();
  EXPECT_TRUE(Verify(*part).ok()) << Verify(*part).message();
  EXPECT_EQ(part->Order().size(), 1u);
  EXPECT_EQ(part->value(part->inputs[0].value).name, "a");
  EXPECT_EQ(part->outputs[0].name, "b");
}

TEST(Extract, WhatIsMissingIsNamed) {
  Graph g;
  const ValueId x = g.AddInput("x", TensorType(DType::kF32, Shape{4}));
  const ValueId a = g.Emit("relu", "a", {x});
  const auto part = Extract(g, {}, std::vector<ValueId>{a});
  ASSERT_FALSE(part.ok());
  EXPECT_NE(part.status().message().find("'x'"), std::string::npos);
}

}  // namespace
}  // namespace plumb::ir
