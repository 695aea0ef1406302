#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

// Three roundings each, relative to a largest value of 2.
constexpr double kRounding = 1e-6;

std::string Graph(std::string_view middle) {
  return StrCat(R"(
input %x: f32[2x8]
const %three: f32[] = {3}
const %zero: f32[] = {0}
const %six: f32[] = {6}
const %sixth: f32[] = {0.16666667}
)",
                middle, "\noutput \"y\" = %y\n");
}

TEST(RecognizeHardSwish, EveryWayToWriteIt) {
  for (std::string_view middle :
       {"%a: none[*] = add(%x, %three)\n%c: none[*] = clip(%a, %zero, %six)\n"
        "%m: none[*] = mul(%x, %c)\n%y: none[*] = div(%m, %six)",
        "%a: none[*] = add(%three, %x)\n%c: none[*] = clip(%a, %zero, %six)\n"
        "%m: none[*] = mul(%c, %x)\n%y: none[*] = mul(%m, %sixth)",
        "%a: none[*] = add(%x, %three)\n%c: none[*] = clip(%a, %zero, %six)\n"
        "%m: none[*] = div(%c, %six)\n%y: none[*] = mul(%x, %m)",
        "%a: none[*] = add(%x, %three)\n%c: none[*] = clip(%a, %zero, %six)\n"
        "%m: none[*] = div(%x, %six)\n%y: none[*] = mul(%m, %c)",
        "%h: none[*] = hard_sigmoid(%x) {alpha = 0.16666667, beta = 0.5}\n%y: none[*] = mul(%x, "
        "%h)"}) {
    const ir::Graph g = ExpectRewritten(RecognizeHardSwish, Graph(middle), 1, kRounding);
    EXPECT_EQ(Ops(g), "hard_swish") << middle;
  }
}

TEST(RecognizeHardSwish, NotWithOtherNumbers) {
  ExpectUntouched(RecognizeHardSwish,
                  Graph("%a: none[*] = add(%x, %six)\n%c: none[*] = clip(%a, %zero, %six)\n"
                        "%m: none[*] = mul(%x, %c)\n%y: none[*] = div(%m, %six)"));
  ExpectUntouched(
      RecognizeHardSwish,
      Graph("%h: none[*] = hard_sigmoid(%x) {alpha = 0.2, beta = 0.5}\n%y: none[*] = mul(%x, %h)"));
}

TEST(RecognizeHardSwish, NotWhereAnInnerValueIsRead) {
  ExpectUntouched(RecognizeHardSwish,
                  Graph("%h: none[*] = hard_sigmoid(%x) {alpha = 0.16666667, beta = 0.5}\n"
                        "%y: none[*] = mul(%x, %h)\noutput \"h\" = %h"));
}

}  // namespace
}  // namespace plumb::passes
