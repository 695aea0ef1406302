#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

constexpr double kRounding = 2e-6;  // of weights, bias and a sum of a few products

std::string Graph(std::string_view middle) {
  return StrCat(R"(
input %x: f32[1x3x3x2]
const %w: f32[3x1x1x2] = {1, 2, 3, 4, 6, 8}
const %p: f32[3] = {2, -1, 0.25}
const %q: f32[1x1x1x3] = {1, 2, 3}
const %s: f32[] = {3}
const %position: f32[3x1] = {1, 2, 3}
)",
                middle, "\noutput \"y\" = %y\n");
}

TEST(FoldScaleAndBias, EveryOperator) {
  const ir::Graph g = ExpectRewritten(FoldScaleAndBias, Graph(R"(
%c: none[*] = conv(%x, %w)
%a: none[*] = add(%c, %q)
%b: none[*] = mul(%p, %a)
%d: none[*] = sub(%s, %b)
%e: none[*] = sub(%d, %p)
%y: none[*] = div(%e, %s)
)"),
                                      5, kRounding);
  EXPECT_EQ(Ops(g), "conv");
}

TEST(FoldScaleAndBias, ABiasAloneChangesNoBit) {
  const ir::Graph g = ExpectRewritten(
      FoldScaleAndBias, Graph("%c: none[*] = conv(%x, %w)\n%y: none[*] = add(%c, %q)"), 1);
  EXPECT_EQ(Ops(g), "conv");
}

TEST(FoldScaleAndBias, IntoTransposedConvolutions) {
  const ir::Graph g = ExpectRewritten(FoldScaleAndBias, R"(
input %x: f32[1x2x2x4]
const %w: f32[4x1x1x2] = {1, 2, 3, 4, 6, 8, 1, 5}
const %p: f32[4] = {2, -1, 0.25, 3}
%c: none[*] = conv_transpose(%x, %w) {groups = 2}
%y: none[*] = mul(%c, %p)
output "y" = %y
)",
                                      1, kRounding);
  EXPECT_EQ(Ops(g), "conv_transpose");
}

TEST(FoldScaleAndBias, NotForASecondReaderOrAnotherAxis) {
  ExpectUntouched(
      FoldScaleAndBias,
      Graph("%c: none[*] = conv(%x, %w)\n%y: none[*] = add(%c, %q)\noutput \"c\" = %c"));
  ExpectUntouched(FoldScaleAndBias,
                  Graph("%c: none[*] = conv(%x, %w)\n%y: none[*] = add(%c, %position)"));
  ExpectUntouched(FoldScaleAndBias, Graph("%c: none[*] = conv(%x, %w)\n%y: none[*] = div(%s, %c)"));
}

}  // namespace
}  // namespace plumb::passes
