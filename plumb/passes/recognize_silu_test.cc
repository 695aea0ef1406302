#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

// silu rounds once more or less than the product: a few units of 2^-24.
constexpr double kRounding = 1e-6;

TEST(RecognizeSilu, EitherOrderOfTheProduct) {
  const ir::Graph g = ExpectRewritten(RecognizeSilu, R"(
input %x: f32[2x8]
%s: none[*] = sigmoid(%x)
%a: none[*] = mul(%x, %s)
%t: none[*] = sigmoid(%a)
%y: none[*] = mul(%t, %a)
output "y" = %y
)",
                                      2, kRounding);
  EXPECT_EQ(Ops(g), "silu silu");
  EXPECT_EQ(g.value(g.outputs[0].value).name, "y");
}

TEST(RecognizeSilu, NotOfAnotherValue) {
  ExpectUntouched(RecognizeSilu, R"(
input %x: f32[2x8]
input %z: f32[2x8]
%s: none[*] = sigmoid(%z)
%y: none[*] = mul(%x, %s)
output "y" = %y
)");
}

TEST(RecognizeSilu, NotWhereTheSigmoidIsReadElsewhere) {
  ExpectUntouched(RecognizeSilu, R"(
input %x: f32[2x8]
%s: none[*] = sigmoid(%x)
%y: none[*] = mul(%x, %s)
output "y" = %y
output "s" = %s
)");
}

}  // namespace
}  // namespace plumb::passes
