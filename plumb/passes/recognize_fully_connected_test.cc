#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

TEST(RecognizeFullyConnected, AProductWithAConstantMatrix) {
  const ir::Graph g = ExpectRewritten(RecognizeFullyConnected, R"(
input %x: f32[2x5x3]
const %w: f32[3x2] scale(0.5, 1) zero_point(0, 0) axis(1) = {1, 2, 3, 4, 5, 6}
%y: none[*] = matmul(%x, %w)
output "y" = %y
)",
                                      1);  // both are one chain over k: the same bits
  EXPECT_EQ(Ops(g), "fully_connected");
  EXPECT_EQ(g.value(g.node(g.Order()[0]).inputs[1]).quantization.axis, 0);
}

TEST(RecognizeFullyConnected, NotWithoutAConstantMatrix) {
  ExpectUntouched(RecognizeFullyConnected, R"(
input %x: f32[2x5x3]
input %w: f32[3x2]
const %b: f32[2x3x1] = {1, 2, 3, 4, 5, 6}
%y: none[*] = matmul(%x, %w)
%z: none[*] = matmul(%x, %b)
output "y" = %y
output "z" = %z
)");
}

}  // namespace
}  // namespace plumb::passes
