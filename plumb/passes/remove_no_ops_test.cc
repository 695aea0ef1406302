#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

TEST(RemoveNoOps, RemovesWhatGivesBackItsInput) {
  const ir::Graph g = ExpectRewritten(RemoveNoOps, R"(
input %x: f32[2x3]
const %same: s64[2] = {2, 3}
const %zero: s64[2] = {0, 0}
const %far: s64[2] = {9, 9}
const %none: s64[4] = {0, 0, 0, 0}
const %one: f32[] = {1}
%a: none[*] = identity(%x)
%b: none[*] = reshape(%a, %same)
%c: none[*] = transpose(%b) {perm = [0, 1]}
%d: none[*] = slice(%c, %zero, %far)
%e: none[*] = pad(%d, %none) {mode = "constant"}
%f: none[*] = concat(%e) {axis = 1}
%h: none[*] = cast(%f) {to = "f32"}
%i: none[*] = mul(%h, %one)
%y: none[*] = relu(%i)
output "y" = %y
)",
                                      8);
  EXPECT_EQ(Ops(g), "relu");
}

TEST(RemoveNoOps, AReshapeLeavesItsNameBehind) {
  const ir::Graph g = ExpectRewritten(RemoveNoOps, R"(
input %x: f32[2x3]
const %same: s64[2] = {2, 3}
%made: none[*] = relu(%x)
%known: none[*] = reshape(%made, %same)
%y: none[*] = sigmoid(%known)
output "y" = %y
)",
                                      1);
  EXPECT_EQ(g.value(g.node(g.Order()[0]).outputs[0]).name, "known");
}

TEST(RemoveNoOps, AGraphOutputThatIsTheInputStays) {
  const ir::Graph g = ExpectRewritten(RemoveNoOps, R"(
input %x: f32[2]
%y: none[*] = identity(%x)
output "y" = %y
)",
                                      1);
  EXPECT_EQ(g.outputs[0].name, "y");
}

TEST(RemoveNoOps, LeavesWhatChangesItsInput) {
  ExpectUntouched(RemoveNoOps, R"(
input %x: f32[2x2]
const %flip: s64[2] = {-1, -1}
const %far: s64[2] = {-9, -9}
const %axes: s64[2] = {0, 1}
const %back: s64[2] = {-1, -1}
const %shift: s64[4] = {1, 0, -1, 0}
const %two: f32[] = {2}
%a: none[*] = transpose(%x) {perm = [1, 0]}
%b: none[*] = slice(%a, %flip, %far, %axes, %back)
%c: none[*] = pad(%b, %shift) {mode = "constant"}
%y: none[*] = mul(%c, %two)
output "y" = %y
)");
}

}  // namespace
}  // namespace plumb::passes
