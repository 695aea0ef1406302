#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

// Half a dozen roundings, relative to a largest value of 2.
constexpr double kRounding = 2e-6;

std::string Graph(std::string_view middle) {
  return StrCat(R"(
input %x: f32[2x8]
const %half: f32[] = {0.5}
const %one: f32[] = {1}
const %three: f32[] = {3}
const %root: f32[] = {1.4142135}
const %inverse: f32[] = {0.70710677}
const %k: f32[] = {0.7978846}
const %c: f32[] = {0.044715}
)",
                middle, "\noutput \"y\" = %y\n");
}

TEST(RecognizeGelu, EveryWayToWriteIt) {
  for (std::string_view middle :
       {"%d: none[*] = div(%x, %root)\n%e: none[*] = erf(%d)\n%a: none[*] = add(%e, %one)\n"
        "%m: none[*] = mul(%x, %a)\n%y: none[*] = mul(%m, %half)",
        "%d: none[*] = mul(%x, %inverse)\n%e: none[*] = erf(%d)\n%a: none[*] = add(%one, %e)\n"
        "%m: none[*] = mul(%x, %half)\n%y: none[*] = mul(%m, %a)",
        "%d: none[*] = div(%x, %root)\n%e: none[*] = erf(%d)\n%a: none[*] = add(%e, %one)\n"
        "%m: none[*] = mul(%half, %a)\n%y: none[*] = mul(%x, %m)"}) {
    const ir::Graph g = ExpectRewritten(RecognizeGelu, Graph(middle), 1, kRounding);
    EXPECT_EQ(Ops(g), "gelu") << middle;
    EXPECT_EQ(g.node(g.Order()[0]).attributes.String("approximate", ""), "none");
  }
  const ir::Graph g = ExpectRewritten(
      RecognizeGelu,
      Graph("%p: none[*] = pow(%x, %three)\n%q: none[*] = mul(%p, %c)\n%s: none[*] = add(%x, %q)\n"
            "%d: none[*] = mul(%s, %k)\n%e: none[*] = tanh(%d)\n%a: none[*] = add(%e, %one)\n"
            "%m: none[*] = mul(%x, %half)\n%y: none[*] = mul(%m, %a)"),
      1, kRounding);
  EXPECT_EQ(Ops(g), "gelu");
  EXPECT_EQ(g.node(g.Order()[0]).attributes.String("approximate", ""), "tanh");
}

TEST(RecognizeGelu, NotWithOtherNumbers) {
  ExpectUntouched(RecognizeGelu, Graph("%e: none[*] = erf(%x)\n%a: none[*] = add(%e, %one)\n"
                                       "%m: none[*] = mul(%x, %a)\n%y: none[*] = mul(%m, %half)"));
}

TEST(RecognizeGelu, NotWhereTheGateIsRead) {
  ExpectUntouched(
      RecognizeGelu,
      Graph("%d: none[*] = div(%x, %root)\n%e: none[*] = erf(%d)\n%a: none[*] = add(%e, %one)\n"
            "%m: none[*] = mul(%x, %a)\n%y: none[*] = mul(%m, %half)\noutput \"a\" = %a"));
}

}  // namespace
}  // namespace plumb::passes
