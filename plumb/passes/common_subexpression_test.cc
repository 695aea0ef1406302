#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

TEST(CommonSubexpression, EqualNodesAreMerged) {
  const ir::Graph g = ExpectRewritten(CommonSubexpression, R"(
input %x: f32[2x3]
const %c: f32[] = {2}
const %d: f32[] = {2}
%a: none[*] = mul(%x, %c)
%b: none[*] = mul(%x, %d)
%e: none[*] = relu(%a)
%f: none[*] = relu(%b)
%y: none[*] = add(%e, %f)
output "y" = %y
)",
                                      2);
  EXPECT_EQ(Ops(g), "mul relu add");
}

TEST(CommonSubexpression, EmptyConstantsAreEqualToo) {
  const ir::Graph g = ExpectRewritten(CommonSubexpression, R"(
input %x: f32[1x2]
const %c: f32[0x2] = {}
const %d: f32[0x2] = {}
%a: none[*] = concat(%x, %c) {axis = 0}
%b: none[*] = concat(%x, %d) {axis = 0}
%y: none[*] = add(%a, %b)
output "y" = %y
)",
                                      1);
  EXPECT_EQ(Ops(g), "concat add");
}

TEST(CommonSubexpression, OtherAttributesOrInputsAreOtherNodes) {
  ExpectUntouched(CommonSubexpression, R"(
input %x: f32[2x2]
const %c: f32[] = {2}
const %d: f32[] = {3}
%a: none[*] = softmax(%x) {axis = 0}
%b: none[*] = softmax(%x) {axis = 1}
%e: none[*] = mul(%a, %c)
%f: none[*] = mul(%b, %d)
output "e" = %e
output "f" = %f
)");
}

}  // namespace
}  // namespace plumb::passes
