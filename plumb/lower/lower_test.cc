#include "plumb/lower/lower.h"

#include <gtest/gtest.h>

#include "plumb/ir/text.h"

namespace plumb::lower {
namespace {

ir::Graph Parsed(std::string_view text) {
  Result<ir::Graph> graph = ir::Parse(text);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  return graph.ok() ? *graph : ir::Graph();
}

TEST(Lower, RunsAGraphInTopologicalOrder) {
  const ir::Graph g = Parsed(R"(
input %x: f32[1x3]
%a: f32[1x3] = neg(%x)
%y: f32[1x3] = relu(%a)
output "y" = %y
output "a" = %a
)");
  const std::vector<Tensor> in = {Tensor::Of<float>({1, 3}, {-5, -2, 4})};
  const auto out = RunGraph(g, in);
  ASSERT_TRUE(out.ok()) << out.status().message();
  ASSERT_EQ(out->size(), 2u);
  EXPECT_EQ((*out)[0].values<float>()[0], 5.0f);
  EXPECT_EQ((*out)[0].values<float>()[2], 0.0f);
  EXPECT_EQ((*out)[1].values<float>()[2], -4.0f);
}

TEST(Lower, PortsKeepTheUsersTypes) {
  const ir::Graph g = Parsed(R"(
input %x: f32[2] as f16
%y: f32[2] = relu(%x)
output "y" as f16 = %y
)");
  const auto program = Lower(g);
  ASSERT_TRUE(program.ok()) << program.status().message();
  EXPECT_EQ((*program)->inputs[0].dtype, DType::kF16);
  EXPECT_EQ((*program)->outputs[0].dtype, DType::kF16);
  EXPECT_EQ((*program)->tensors[0].dtype, DType::kF32);
}

TEST(Lower, EverythingThatCannotBeLoweredIsReportedAtOnce) {
  const ir::Graph g = Parsed(R"(
input %x: f32[1x3]
%a: f32[1x3] = frobnicate(%x) "first"
%b: f32[1x?] = relu(%a) "second"
output "b" = %b
)");
  const auto program = Lower(g);
  ASSERT_FALSE(program.ok());
  EXPECT_EQ(program.status().code(), Code::kInvalidModel);
  EXPECT_NE(program.status().message().find("2 nodes"), std::string::npos);
  EXPECT_NE(program.status().message().find("frobnicate"), std::string::npos);
  EXPECT_NE(program.status().message().find("f32[1x?]"), std::string::npos);
}

TEST(Lower, EvaluatesOneNode) {
  const ir::Graph g = Parsed(R"(
const %a: f32[2x1] = {1, 2}
const %b: f32[1x2] = {10, 20}
%y: f32[2x2] = matmul(%a, %b)
output "y" = %y
)");
  const auto out = EvaluateNode(g, 0);
  ASSERT_TRUE(out.ok()) << out.status().message();
  EXPECT_EQ((*out)[0].shape(), (Shape{2, 2}));
  EXPECT_EQ((*out)[0].values<float>()[3], 40.0f);
}

TEST(Lower, InputsAreCheckedAgainstTheirTypes) {
  const ir::Graph g = Parsed("input %x: f32[2]\n%y: f32[2] = relu(%x)\noutput \"y\" = %y");
  const std::vector<Tensor> wrong = {Tensor::Of<float>({3}, {1, 2, 3})};
  const auto out = RunGraph(g, wrong);
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(out.status().message(), "input 'x' is f32[2]; a tensor of type f32[3] was given");
}

}  // namespace
}  // namespace plumb::lower
