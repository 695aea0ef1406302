#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

TEST(ReshapeTranspose, MovingOnlyAxesOfSizeOne) {
  const ir::Graph g = ExpectRewritten(ReshapeTranspose, R"(
input %x: f32[1x1x4x3]
%y: none[*] = transpose(%x) {perm = [2, 0, 3, 1]}
output "y" = %y
)",
                                      1);
  EXPECT_EQ(Ops(g), "reshape");
}

TEST(ReshapeTranspose, NotMovingOthers) {
  ExpectUntouched(ReshapeTranspose, R"(
input %x: f32[1x1x4x3]
%y: none[*] = transpose(%x) {perm = [3, 0, 2, 1]}
output "y" = %y
)");
}

}  // namespace
}  // namespace plumb::passes
