#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

TEST(MergeConcat, OfAConcatAlongTheSameAxis) {
  const ir::Graph g = ExpectRewritten(MergeConcat, R"(
input %x: f32[2x1]
input %z: f32[2x2]
%a: none[*] = concat(%x, %z) {axis = 1}
%y: none[*] = concat(%z, %a, %x) {axis = -1}
output "y" = %y
)",
                                      1);
  EXPECT_EQ(Ops(g), "concat");
}

TEST(MergeConcat, NotAlongAnotherAxisOrWithAnotherReader) {
  ExpectUntouched(MergeConcat, R"(
input %x: f32[2x2]
%a: none[*] = concat(%x, %x) {axis = 1}
%b: none[*] = concat(%a, %a) {axis = 0}
%c: none[*] = concat(%x, %x) {axis = 0}
%d: none[*] = concat(%c, %x) {axis = 0}
output "b" = %b
output "c" = %c
output "d" = %d
)");
}

}  // namespace
}  // namespace plumb::passes
