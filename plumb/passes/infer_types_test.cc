#include "plumb/passes/infer_types.h"

#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

TEST(InferTypes, FoldsShapeArithmetic) {
  const ir::Graph g = Parsed(R"(
input %x: f32[2x3x4]
const %i: s64[] = {0}
const %rest: s64[1] = {-1}
const %axes: s64[1] = {0}
%s: none[*] = shape(%x)
%n: none[*] = gather(%s, %i) {axis = 0}
%n1: none[*] = unsqueeze(%n, %axes)
%target: none[*] = concat(%n1, %rest) {axis = 0}
%y: none[*] = reshape(%x, %target)
output "y" = %y
)");
  EXPECT_EQ(Ops(g), "reshape");
  EXPECT_EQ(g.value(g.outputs[0].value).type.ToString(), "f32[2x12]");
}

TEST(InferTypes, NamesWhatIsUnknown) {
  Result<ir::Graph> g =
      ir::Parse("input %x: f32[\"batch\"x3]\n%y: none[*] = relu(%x)\noutput \"y\" = %y");
  const Result<int> result = InferTypes(*g);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.status().message().find("dimension 0 ('batch') of 'x'"), std::string::npos)
      << result.status().message();
}

TEST(InferTypes, ReportsAllBadNodesAtOnce) {
  Result<ir::Graph> g = ir::Parse(R"(
input %x: f32[1x3]
const %c: f32[2] = {1, 2}
%a: none[*] = frobnicate(%x)
%b: none[*] = add(%x, %c)
%y: none[*] = relu(%a)
output "y" = %y
output "b" = %b
)");
  const Result<int> result = InferTypes(*g);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), Code::kInvalidModel);
  EXPECT_NE(result.status().message().find("2 nodes"), std::string::npos)
      << result.status().message();
  EXPECT_NE(result.status().message().find("frobnicate"), std::string::npos);
}

TEST(InferTypes, ADequantizedConstantKeepsItsSymmetricGrid) {
  const ir::Graph g = Parsed(R"(
input %x: f32[1x2]
const %q: u8[2x2] = {128, 129, 0, 255}
const %scale: f32[2] = {0.5, 2}
const %zero: u8[2] = {128, 128}
const %q3: u8[2] = {3, 4}
const %one: f32[] = {0.25}
const %three: u8[] = {3}
%w: none[*] = dequantize_linear(%q, %scale, %zero) {axis = 0}
%v: none[*] = dequantize_linear(%q3, %one, %three) {axis = 0}
%a: none[*] = add(%w, %v)
%y: none[*] = matmul(%x, %w)
%z: none[*] = add(%y, %v)
output "z" = %z
)");
  const ir::Value& w = g.value(*g.FindValue("w"));
  ASSERT_NE(w.constant, nullptr);
  EXPECT_EQ(w.quantization, (Quantization{{0.5f, 2.0f}, {0, 0}, 0}));
  EXPECT_EQ(w.constant->values<float>()[1], 0.5f);
  EXPECT_EQ(w.constant->values<float>()[2], -256.0f);
  EXPECT_TRUE(g.value(*g.FindValue("v")).quantization.empty());  // zero point 3: not symmetric
}

TEST(InferTypes, ATransposedConstantKeepsItsGridAlongTheMovedAxis) {
  const ir::Graph g = Parsed(R"(
input %x: f32[1x3]
const %w: f32[2x3] scale(0.5, 2) zero_point(0, 0) axis(0) = {1, 2, 3, 4, 6, 8}
%t: none[*] = transpose(%w) {perm = [1, 0]}
%y: none[*] = matmul(%x, %t)
output "y" = %y
)");
  EXPECT_EQ(g.value(*g.FindValue("t")).quantization, (Quantization{{0.5f, 2.0f}, {0, 0}, 1}));
}

TEST(InferTypes, LargeResultsStayNodes) {
  const ir::Graph g = Parsed(R"(
const %c: f32[1] = {1}
const %s: s64[2] = {5000, 5000}
%big: none[*] = expand(%c, %s)
output "y" = %big
)");
  EXPECT_EQ(Ops(g), "expand");
}

}  // namespace
}  // namespace plumb::passes
