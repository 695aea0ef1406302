// Fused forms give the bits of the unfused ones: each rewrite on a graph in text form, structure and numbers.
#include "plumb/compile/fuse/fuse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "plumb/ir/text.h"
#include "plumb/ir/verify.h"
#include "plumb/lower/lower.h"

namespace plumb::compile {
namespace {

constexpr std::string_view kHead = R"(graph "net"
input %x: s8[1x2x2x4] scale(0.5) zero_point(3)
const %w: s8[2x1x1x4] = {1, -2, 3, 4, -5, 60, 7, -8}
const %b: s32[2] = {100, -7}
)";
constexpr std::string_view kConvAttributes =
    R"({dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1], output_dtype = )";

ir::Graph Parse(const std::string& text) {
  auto graph = ir::Parse(text);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  EXPECT_TRUE(ir::Verify(*graph).ok()) << ir::Verify(*graph).message();
  return std::move(graph).value();
}

Tensor Input() {
  Tensor x(DType::kS8, {1, 2, 2, 4});
  for (size_t i = 0; i < 16; ++i) {
    x.values<int8_t>()[i] = static_cast<int8_t>(static_cast<int>(i * 37 % 256) - 128);
  }
  return x;
}

void ExpectSameBits(const ir::Graph& before, const ir::Graph& after) {
  const auto a = lower::RunGraph(before, std::vector<Tensor>{Input()});
  const auto b = lower::RunGraph(after, std::vector<Tensor>{Input()});
  ASSERT_TRUE(a.ok()) << a.status().message();
  ASSERT_TRUE(b.ok()) << b.status().message();
  ASSERT_EQ((*a)[0].bytes(), (*b)[0].bytes());
  ASSERT_GT((*a)[0].bytes(), 0u);
  EXPECT_EQ(std::memcmp((*a)[0].raw(), (*b)[0].raw(), (*a)[0].bytes()), 0);
}

std::string TableText(int lo, int hi, int step) {
  std::string text;
  for (int q = -128; q <= 127; ++q) {
    text += (q > -128 ? ", " : "") + std::to_string(std::clamp(q * step, lo, hi));
  }
  return text;
}

std::string TableNet(const std::string& entries, bool second_reader) {
  return std::string(kHead) + "const %m: f32[2] = {0.07, 0.011}\nconst %t: s8[256] = {" + entries +
         "}\n" + "%c: s8[1x2x2x2] scale(0.1) zero_point(-5) = conv(%x, %w, %b, %m) " +
         std::string(kConvAttributes) +
         "\"s8\"} \"c\"\n%y: s8[1x2x2x2] scale(0.1) zero_point(-5) = table(%c, %t) \"y\"\n" +
         (second_reader ? "output \"c\" = %c\n" : "") + "output \"y\" = %y\n";
}

TEST(FuseClampTable, TheClampBecomesTheLimits) {
  const ir::Graph before = Parse(TableNet(TableText(-5, 90, 1), false));
  ir::Graph after = before;
  EXPECT_EQ(FuseClampTable(after), 1);
  ASSERT_EQ(after.Order().size(), 1u);
  EXPECT_EQ(after.node(after.Order()[0]).attributes.Int("clamp_lo", 0), -5);
  EXPECT_EQ(after.node(after.Order()[0]).attributes.Int("clamp_hi", 0), 90);
  EXPECT_TRUE(after.FindValue("y").has_value());
  ExpectSameBits(before, after);
  EXPECT_EQ(FuseClampTable(after), 0);
}

TEST(FuseClampTable, NotWhenAnotherReadsItNorForAnotherFunction) {
  ir::Graph shared = Parse(TableNet(TableText(-5, 90, 1), true));
  EXPECT_EQ(FuseClampTable(shared), 0);
  ir::Graph other = Parse(TableNet(TableText(-128, 127, -1), false));
  EXPECT_EQ(FuseClampTable(other), 0);
}

TEST(FuseClampTable, TheClampBecomesTheLimitsOfASum) {
  const ir::Graph before = Parse(
      "graph \"net\"\ninput %x: s8[1x2x2x4] scale(0.5) zero_point(3)\nconst %t: s8[256] = {" +
      TableText(-5, 90, 1) + "}\n%s: s8[1x2x2x4] scale(0.7) zero_point(-5) = add(%x, %x) \"s\"\n" +
      "%y: s8[1x2x2x4] scale(0.7) zero_point(-5) = table(%s, %t) \"y\"\noutput \"y\" = %y\n");
  ir::Graph after = before;
  EXPECT_EQ(FuseClampTable(after), 1);
  ASSERT_EQ(after.Order().size(), 1u);
  EXPECT_EQ(after.node(after.Order()[0]).op, "add");
  EXPECT_EQ(after.node(after.Order()[0]).attributes.Int("clamp_lo", 0), -5);
  ExpectSameBits(before, after);
}

TEST(FuseTable, TheTableMovesIntoTheConvolution) {
  const ir::Graph before = Parse(TableNet(TableText(-128, 127, -1), false));
  ir::Graph after = before;
  EXPECT_EQ(FuseTable(after), 1);
  ASSERT_EQ(after.Order().size(), 1u);
  EXPECT_EQ(after.node(after.Order()[0]).attributes.String("function", ""), "table");
  EXPECT_EQ(after.node(after.Order()[0]).attributes.Int("mid_zero_point", 0), -5);
  ExpectSameBits(before, after);
  ir::Graph shared = Parse(TableNet(TableText(-128, 127, -1), true));
  EXPECT_EQ(FuseTable(shared), 0);
}

std::string FunctionNet(const std::string& function, bool second_reader) {
  return std::string(kHead) + "const %m: f32[2] = {0.007, 0.0011}\n" +
         "%c: f32[1x2x2x2] = conv(%x, %w, %b, %m) " + std::string(kConvAttributes) +
         "\"f32\"} \"c\"\n" + "%r: f32[1x2x2x2] = " + function + "(%c) \"f\"\n" +
         "%y: s8[1x2x2x2] scale(0.02) zero_point(-90) = quantize(%r) {dtype = \"s8\"} \"y\"\n" +
         (second_reader ? "output \"r\" = %r\n" : "") + "output \"y\" = %y\n";
}

TEST(FuseFunction, FunctionAndRoundingMoveIntoTheConvolution) {
  for (const char* function : {"silu", "sigmoid", "hard_swish", "relu", "tanh"}) {
    const ir::Graph before = Parse(FunctionNet(function, false));
    ir::Graph after = before;
    EXPECT_EQ(FuseFunction(after), 1);
    EXPECT_EQ(after.Order().size(), 1u);
    EXPECT_EQ(after.value(after.outputs[0].value).quantization.zero_point[0], -90);
    ExpectSameBits(before, after);
  }
}

TEST(FuseFunction, TheRoundingStaysWhereTheRealValueIsReadToo) {
  const ir::Graph before = Parse(FunctionNet("silu", true));
  ir::Graph after = before;
  EXPECT_EQ(FuseFunction(after), 1);
  EXPECT_EQ(after.Order().size(), 2u);
  ExpectSameBits(before, after);
}

}  // namespace
}  // namespace plumb::compile
