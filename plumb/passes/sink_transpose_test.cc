#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

TEST(SinkTranspose, CancelsThroughEverythingThatCommutes) {
  const ir::Graph g = ExpectRewritten(SinkTranspose, R"(
input %x: f32[1x4x4x2]
const %c: f32[2x1x1] = {1, 2}
const %full: f32[1x2x4x4] = fill(0.5)
const %pads: s64[8] = {0, 0, 1, 0, 0, 0, 0, 1}
const %start: s64[1] = {1}
const %end: s64[1] = {4}
const %axis: s64[1] = {-2}
const %scales: f32[4] = {1, 1, 2, 3}
const %empty: f32[0] = {}
%t: none[*] = transpose(%x) {perm = [0, 3, 1, 2]}
%a: none[*] = relu(%t)
%b: none[*] = mul(%a, %c)
%d: none[*] = add(%full, %b)
%e: none[*] = concat(%d, %t) {axis = 1}
%f: none[*] = softmax(%e) {axis = 1}
%h: none[*] = pad(%f, %pads) {mode = "constant"}
%i: none[*] = slice(%h, %start, %end, %axis)
%j: none[*] = resize(%i, %empty, %scales) {coordinate_transformation_mode = "asymmetric", mode = "nearest", nearest_mode = "floor"}
%k: none[*], %l: none[*] = split(%j) {axis = 1, num_outputs = 2}
%y: none[*] = transpose(%k) {perm = [0, 2, 3, 1]}
%z: none[*] = transpose(%l) {perm = [0, 2, 3, 1]}
output "y" = %y
output "z" = %z
)",
                                      11);
  EXPECT_EQ(CountOp(g, "transpose"), 0) << ir::Print(g);
  EXPECT_TRUE(g.FindValue("j").has_value());
  EXPECT_EQ(g.value(*g.FindValue("f")).type.ToString(), "f32[1x4x4x4]");
}

TEST(SinkTranspose, ThroughReductions) {
  const ir::Graph g = ExpectRewritten(SinkTranspose, R"(
input %x: f32[2x4x5x3]
const %axes: s64[2] = {2, 3}
%t: none[*] = transpose(%x) {perm = [0, 3, 1, 2]}
%a: none[*] = reduce_mean(%t, %axes) {keepdims = 0}
%b: none[*] = reduce_max(%t, %axes) {keepdims = 1}
%c: none[*] = argmax(%t) {axis = 1, keepdims = 0, select_last_index = 0}
output "a" = %a
output "b" = %b
output "c" = %c
)",
                                      3);
  // The mean and the index lose the axes that had moved; the maximum keeps a transpose of
  // [2,1,1,3].
  EXPECT_EQ(CountOp(g, "transpose"), 1);
}

TEST(SinkTranspose, AChannelShuffleWorksOnTheLastAxis) {
  const ir::Graph g = ExpectRewritten(SinkTranspose, R"(
input %x: f32[1x3x3x4]
const %split: s64[3] = {2, 2, 9}
const %merge: s64[5] = {2, 1, 2, 3, 3}
const %i: s64[] = {1}
%t: none[*] = transpose(%x) {perm = [0, 3, 1, 2]}
%a: none[*] = reshape(%t, %split)
%b: none[*] = transpose(%a) {perm = [1, 0, 2]}
%c: none[*] = reshape(%b, %merge)
%d: none[*] = gather(%c, %i) {axis = 0}
%y: none[*] = transpose(%d) {perm = [0, 2, 3, 1]}
output "y" = %y
)",
                                      5);
  EXPECT_EQ(CountOp(g, "transpose"), 0) << ir::Print(g);
}

TEST(SinkTranspose, HeadsKeepOne) {
  const ir::Graph g = ExpectRewritten(SinkTranspose, R"(
input %x: f32[1x2x3x6]
const %split: s64[5] = {1, 2, 3, 2, 3}
const %flat: s64[3] = {1, 12, 3}
%t: none[*] = transpose(%x) {perm = [0, 3, 1, 2]}
%a: none[*] = reshape(%t, %split)
%b: none[*] = transpose(%a) {perm = [0, 1, 3, 4, 2]}
%y: none[*] = reshape(%b, %flat)
output "y" = %y
)",
                                      2);
  EXPECT_EQ(Ops(g), "reshape transpose reshape");
}

TEST(SinkTranspose, ASmallOperandIsBroughtAlong) {
  const ir::Graph g = ExpectRewritten(SinkTranspose, R"(
input %x: f32[1x4x4x2]
input %gate: f32[1x2x1x1]
%t: none[*] = transpose(%x) {perm = [0, 3, 1, 2]}
%a: none[*] = mul(%t, %gate)
%y: none[*] = transpose(%a) {perm = [0, 2, 3, 1]}
output "y" = %y
)",
                                      2);
  EXPECT_EQ(Ops(g), "transpose mul");
}

TEST(SinkTranspose, GridsMoveAlong) {
  ir::Graph g = Parsed(R"(
input %x: f32[1x4x4x2]
%t: none[*] = transpose(%x) {perm = [0, 3, 1, 2]}
%q: u8[*] scale(0.5, 0.25) zero_point(128, 100) axis(1) = quantize(%t) {dtype = "u8"}
%d: none[*] = dequantize(%q)
%y: none[*] = transpose(%d) {perm = [0, 2, 3, 1]}
output "y" = %y
)");
  const ir::Graph before = g;
  EXPECT_EQ(RunPass(SinkTranspose, g), 3);
  EXPECT_EQ(Ops(g), "quantize dequantize");
  EXPECT_EQ(g.value(*g.FindValue("q")).quantization.axis, 3);
  ExpectSameNumbers(before, g);
}

TEST(SinkTranspose, StaysInFrontOfWhatNeedsTheOrder) {
  ExpectUntouched(SinkTranspose, R"(
input %x: f32[2x4x5x3]
input %w: f32[2x3x4x5]
const %flat: s64[2] = {2, 60}
%t: none[*] = transpose(%x) {perm = [0, 3, 1, 2]}
%a: none[*] = reshape(%t, %flat)
%b: none[*] = add(%t, %w)
output "a" = %a
output "b" = %b
)");
}

}  // namespace
}  // namespace plumb::passes
