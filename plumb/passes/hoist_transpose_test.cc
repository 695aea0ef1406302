#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

TEST(HoistTranspose, AboveTheStemToTheInput) {
  const ir::Graph g = ExpectRewritten(HoistTranspose, R"(
input %x: f32[1x3x4x4]
const %zero: s64[1] = {0}
const %one: s64[1] = {1}
const %far: s64[1] = {99}
const %axis: s64[1] = {2}
const %two: s64[1] = {2}
const %mean: f32[3x1x1] = {1, 2, 3}
%n: none[*] = sub(%x, %mean)
%a: none[*] = slice(%n, %zero, %far, %axis, %two)
%b: none[*] = slice(%n, %one, %far, %axis, %two)
%c: none[*] = concat(%a, %b) {axis = 1}
%y: none[*] = transpose(%c) {perm = [0, 2, 3, 1]}
output "y" = %y
)",
                                      4);
  EXPECT_EQ(Ops(g), "transpose sub slice slice concat") << ir::Print(g);
}

TEST(HoistTranspose, NotWhereAnotherReaderWantsTheOrder) {
  ExpectUntouched(HoistTranspose, R"(
input %x: f32[1x3x4x4]
%r: none[*] = relu(%x)
%y: none[*] = transpose(%r) {perm = [0, 2, 3, 1]}
output "r" = %r
output "y" = %y
)");
}

TEST(HoistTranspose, NotBelowWhatDoesNotCommute) {
  ExpectUntouched(HoistTranspose, R"(
input %x: f32[1x4x4x3]
const %w: f32[2x1x1x3] = fill(0.5)
%c: none[*] = conv(%x, %w)
%r: none[*] = relu(%c)
%y: none[*] = transpose(%r) {perm = [0, 3, 1, 2]}
output "y" = %y
)");
}

}  // namespace
}  // namespace plumb::passes
