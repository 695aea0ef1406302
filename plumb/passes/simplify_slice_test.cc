#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

TEST(SimplifySlice, GatherOfRegularIndices) {
  const ir::Graph g = ExpectRewritten(SimplifySlice, R"(
input %x: f32[2x6]
const %run: s64[3] = {1, 3, 5}
const %one: s64[] = {-2}
%a: none[*] = gather(%x, %run) {axis = 1}
%b: none[*] = gather(%x, %one) {axis = 1}
output "a" = %a
output "b" = %b
)",
                                      2);
  EXPECT_EQ(CountOp(g, "gather"), 0);
  EXPECT_EQ(CountOp(g, "slice"), 2);
}

TEST(SimplifySlice, NotGatherOfOthers) {
  ExpectUntouched(SimplifySlice, R"(
input %x: f32[2x6]
input %i: s64[2]
const %back: s64[2] = {3, 1}
const %odd: s64[3] = {0, 1, 3}
%a: none[*] = gather(%x, %back) {axis = 1}
%b: none[*] = gather(%x, %odd) {axis = 1}
%c: none[*] = gather(%x, %i) {axis = 1}
output "a" = %a
output "b" = %b
output "c" = %c
)");
}

TEST(SimplifySlice, SplitWithAnUnreadPart) {
  const ir::Graph g = ExpectRewritten(SimplifySlice, R"(
input %x: f32[2x6]
const %sizes: s64[3] = {1, 2, 3}
%a: none[*], %b: none[*], %c: none[*] = split(%x, %sizes) {axis = 1}
output "a" = %a
output "c" = %c
)",
                                      1);
  EXPECT_EQ(Ops(g), "slice slice");
  EXPECT_EQ(g.value(g.outputs[1].value).name, "c");
}

TEST(SimplifySlice, ChainsMerge) {
  const ir::Graph g = ExpectRewritten(SimplifySlice, R"(
input %x: f32[9x8]
const %s0: s64[1] = {1}
const %e0: s64[1] = {9}
const %a0: s64[1] = {0}
const %two: s64[1] = {2}
const %s1: s64[1] = {-6}
const %e1: s64[1] = {7}
const %a1: s64[1] = {1}
%a: none[*] = slice(%x, %s0, %e0, %a0, %two)
%b: none[*] = slice(%a, %s1, %e1, %a1)
%y: none[*] = slice(%b, %s0, %e0, %a0, %two)
output "y" = %y
)",
                                      2);
  EXPECT_EQ(Ops(g), "slice");
}

TEST(SimplifySlice, OfOneInputOfAConcat) {
  const ir::Graph g = ExpectRewritten(SimplifySlice, R"(
input %x: f32[2x3]
input %z: f32[2x4]
const %s: s64[1] = {3}
const %e: s64[1] = {7}
const %t: s64[1] = {4}
const %axis: s64[1] = {1}
%c: none[*] = concat(%x, %z) {axis = 1}
%a: none[*] = slice(%c, %s, %e, %axis)
%b: none[*] = slice(%c, %t, %e, %axis)
output "a" = %a
output "b" = %b
)",
                                      2);
  EXPECT_EQ(Ops(g), "slice");
}

TEST(SimplifySlice, HalfOfASplitAxisIsEverySecondElement) {
  const ir::Graph g = ExpectRewritten(SimplifySlice, R"(
input %x: f32[1x3x2x6]
const %s: s64[4] = {3, 2, 3, 2}
const %one: s64[] = {1}
%r: none[*] = reshape(%x, %s)
%y: none[*] = gather(%r, %one) {axis = 3}
output "y" = %y
)",
                                      2);
  EXPECT_EQ(Ops(g), "slice reshape reshape");
}

}  // namespace
}  // namespace plumb::passes
