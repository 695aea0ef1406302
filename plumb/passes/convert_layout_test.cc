#include "plumb/lower/lower.h"
#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

// Its own reference: the input graph cannot run, its layout is ONNX's.
TEST(ConvertLayout, PutsTransposesAroundAConvolution) {
  ir::Graph g = Parsed(R"(
input %x: f32[1x2x2x2]
const %w: f32[1x2x1x1] scale(0.5) zero_point(0) axis(0) = {1, 10}
%y: none[*] = conv(%x, %w) {layout = "nchw"}
output "y" = %y
)");
  EXPECT_EQ(RunPass(ConvertLayout, g), 1);
  EXPECT_EQ(Ops(g), "transpose conv transpose");
  const ir::NodeId conv = g.value(*g.FindValue("y")).producer;  // keeps the name
  EXPECT_EQ(g.node(conv).op, "conv");
  EXPECT_EQ(g.value(g.node(conv).inputs[1]).type.ToString(), "f32[1x1x1x2]");
  EXPECT_EQ(g.value(g.node(conv).inputs[1]).quantization.axis, 0);
  const std::vector<Tensor> in = {Tensor::Of<float>({1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})};
  const auto out = lower::RunGraph(g, in);
  ASSERT_TRUE(out.ok()) << out.status().message();
  EXPECT_EQ((*out)[0].shape(), (Shape{1, 1, 2, 2}));
  EXPECT_EQ((*out)[0].values<float>()[0], 51.0f);
  EXPECT_EQ((*out)[0].values<float>()[3], 84.0f);
}

TEST(ConvertLayout, GivesOneDimensionalConvolutionsAHeight) {
  ir::Graph g = Parsed(R"(
input %x: f32[1x1x4]
const %w: f32[1x1x3] = {1, 10, 100}
%y: none[*] = conv(%x, %w) {layout = "nchw", pads = [1, 0], strides = [2]}
output "y" = %y
)");
  EXPECT_EQ(RunPass(ConvertLayout, g), 1);
  const std::vector<Tensor> in = {Tensor::Of<float>({1, 1, 4}, {1, 2, 3, 4})};
  const auto out = lower::RunGraph(g, in);
  ASSERT_TRUE(out.ok()) << out.status().message();
  EXPECT_EQ((*out)[0].shape(), (Shape{1, 1, 2}));
  EXPECT_EQ((*out)[0].values<float>()[0], 210.0f);
  EXPECT_EQ((*out)[0].values<float>()[1], 432.0f);
}

TEST(ConvertLayout, PoolsAndDepthToSpaceToo) {
  ir::Graph g = Parsed(R"(
input %x: f32[1x4x2x2]
%p: none[*] = max_pool(%x) {kernel = [2, 2], layout = "nchw", strides = [1, 1]}
%y: none[*] = depth_to_space(%p) {block = 2, layout = "nchw", mode = "DCR"}
output "y" = %y
)");
  EXPECT_EQ(RunPass(ConvertLayout, g), 2);
  std::vector<float> values(16);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i);
  }
  const std::vector<Tensor> in = {Tensor::Of<float>({1, 4, 2, 2}, values)};
  const auto out = lower::RunGraph(g, in);
  ASSERT_TRUE(out.ok()) << out.status().message();
  EXPECT_EQ((*out)[0].shape(), (Shape{1, 1, 2, 2}));
  EXPECT_EQ((*out)[0].values<float>()[1], 7.0f);
}

TEST(ConvertLayout, ThreeSpatialAxesAreAnError) {
  ir::Graph g = Parsed(R"(
input %x: f32[1x1x2x2x2]
const %w: f32[1x1x1x1x1] = {1}
%y: none[*] = conv(%x, %w) {layout = "nchw"}
output "y" = %y
)");
  const Result<int> result = ConvertLayout(g);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.status().message().find("rank 3 or 4"), std::string::npos);
}

TEST(ConvertLayout, LeavesNhwcAlone) {
  ExpectUntouched(ConvertLayout, R"(
input %x: f32[1x2x2x2]
const %w: f32[1x1x1x2] = {1, 10}
%y: none[*] = conv(%x, %w) {layout = "nhwc"}
output "y" = %y
)");
}

}  // namespace
}  // namespace plumb::passes
