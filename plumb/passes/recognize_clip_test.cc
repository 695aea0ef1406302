#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

std::string Graph(std::string_view middle) {
  return StrCat(
      "input %x: f32[2x8]\nconst %low: f32[] = {-0.5}\nconst %high: f32[] = {1}\n"
      "const %zero: f32[] = {0}\n",
      middle, "\noutput \"y\" = %y\n");
}

TEST(RecognizeClip, BoundsInEitherOrder) {
  const ir::Graph a = ExpectRewritten(
      RecognizeClip, Graph("%a: none[*] = max(%x, %low)\n%y: none[*] = min(%high, %a)"), 1);
  EXPECT_EQ(Ops(a), "clip");
  const ir::Graph b = ExpectRewritten(
      RecognizeClip, Graph("%a: none[*] = relu(%x)\n%y: none[*] = min(%a, %high)"), 1);
  EXPECT_EQ(Ops(b), "clip");
  const ir::Graph c = ExpectRewritten(
      RecognizeClip, Graph("%a: none[*] = clip(%x, %low)\n%y: none[*] = relu(%a)"), 1);
  EXPECT_EQ(Ops(c), "relu");
}

TEST(RecognizeClip, NotWhereTheInnerValueIsRead) {
  ExpectUntouched(RecognizeClip, Graph("%a: none[*] = max(%x, %low)\n%y: none[*] = min(%a, %high)\n"
                                       "output \"a\" = %a"));
}

TEST(RecognizeClip, NotWithBoundsThatVary) {
  ExpectUntouched(RecognizeClip,
                  "input %x: f32[2]\nconst %low: f32[2] = {0, 1}\nconst %high: f32[] = {1}\n"
                  "%a: none[*] = max(%x, %low)\n%y: none[*] = min(%a, %high)\noutput \"y\" = %y");
}

}  // namespace
}  // namespace plumb::passes
