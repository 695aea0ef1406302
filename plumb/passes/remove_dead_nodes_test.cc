#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

TEST(RemoveDeadNodes, WhatNobodyReads) {
  ir::Graph g = *ir::Parse(R"(
input %x: f32[2]
%a: f32[2] = relu(%x)
%b: f32[2] = sigmoid(%a)
%y: f32[2] = tanh(%x)
output "y" = %y
)");
  EXPECT_EQ(RunPass(RemoveDeadNodes, g), 2);
  EXPECT_EQ(Ops(g), "tanh");
}

}  // namespace
}  // namespace plumb::passes
