#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

constexpr double kRounding = 2e-6;  // of weights, bias and a sum of a dozen products

constexpr std::string_view kParameters = R"(
input %x: f32[1x3x3x2]
const %w: f32[3x1x1x2] scale(0.5, 1, 2) zero_point(0, 0, 0) axis(0) = {1, 2, 3, 4, 6, 8}
const %b: f32[3] = {1, 2, 3}
const %scale: f32[3] = {1, -2, 0.5}
const %bias: f32[3] = {0.1, 0.2, 0.3}
const %mean: f32[3] = {0.5, -1, 2}
const %variance: f32[3] = {1, 4, 0.25}
)";

TEST(FoldBatchNorm, IntoAConvolution) {
  const ir::Graph g = ExpectRewritten(FoldBatchNorm, StrCat(kParameters, R"(
%c: none[*] = conv(%x, %w, %b)
%y: none[*] = batch_norm(%c, %scale, %bias, %mean, %variance) {axis = 3, epsilon = 0.0}
output "y" = %y
)"),
                                      1, kRounding);
  EXPECT_EQ(Ops(g), "conv");
  EXPECT_EQ(g.value(g.outputs[0].value).name, "y");
  const ir::Value& w = g.value(g.node(g.Order()[0]).inputs[1]);
  EXPECT_EQ(w.quantization.scale, (std::vector<float>{0.5f, 1.0f, 2.0f}));
  EXPECT_EQ(w.constant->values<float>()[2], -3.0f);
}

TEST(FoldBatchNorm, AloneItIsAProductAndASum) {
  const ir::Graph g = ExpectRewritten(FoldBatchNorm, StrCat(kParameters, R"(
%c: none[*] = conv(%x, %w, %b)
%y: none[*] = batch_norm(%c, %scale, %bias, %mean, %variance) {axis = 3, epsilon = 0.001}
output "c" = %c
output "y" = %y
)"),
                                      1, kRounding);
  EXPECT_EQ(Ops(g), "conv mul add");
}

TEST(FoldBatchNorm, NotWithStatisticsThatAreComputed) {
  ExpectUntouched(FoldBatchNorm, StrCat(kParameters, R"(
input %m: f32[3]
%c: none[*] = conv(%x, %w, %b)
%y: none[*] = batch_norm(%c, %scale, %bias, %m, %variance) {axis = 3}
output "y" = %y
)"));
}

}  // namespace
}  // namespace plumb::passes
