#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

TEST(NormalizeReshape, OneFormAndOneForAll) {
  const ir::Graph g = ExpectRewritten(NormalizeReshape, R"(
input %x: f32[2x3x1x4]
const %axis: s64[1] = {2}
const %keep: s64[2] = {0, -1}
%a: none[*] = squeeze(%x, %axis)
%b: none[*] = unsqueeze(%a, %axis)
%c: none[*] = flatten(%b) {axis = 2}
%y: none[*] = reshape(%c, %keep)
output "y" = %y
)",
                                      7);  // four rewritten, three of them dead
  EXPECT_EQ(Ops(g), "reshape");
  EXPECT_EQ(g.value(g.outputs[0].value).name, "y");
}

TEST(NormalizeReshape, AnInnerOneThatIsReadStays) {
  const ir::Graph g = ExpectRewritten(NormalizeReshape, R"(
input %x: f32[6]
const %a23: s64[2] = {2, 3}
const %a32: s64[2] = {3, 2}
%a: none[*] = reshape(%x, %a23) {allowzero = 1}
%y: none[*] = reshape(%a, %a32) {allowzero = 1}
output "a" = %a
output "y" = %y
)",
                                      1);
  EXPECT_EQ(Ops(g), "reshape reshape");
}

TEST(NormalizeReshape, LeavesTheOneForm) {
  ExpectUntouched(NormalizeReshape, R"(
input %x: f32[6]
const %s: s64[2] = {2, 3}
%y: none[*] = reshape(%x, %s) {allowzero = 1}
output "y" = %y
)");
}

}  // namespace
}  // namespace plumb::passes
