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

void ExpectSameBits(const ir::Graph& before, const ir::Graph& after,
                    const Tensor& input = Input()) {
  const auto a = lower::RunGraph(before, std::vector<Tensor>{input});
  const auto b = lower::RunGraph(after, std::vector<Tensor>{input});
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

// A second convolution reads the same input, so that there is something to add.
std::string SumNet(const std::string& end, const std::string& sum_attributes, bool both_are_convs) {
  std::string net = std::string(kHead) +
                    "const %m: f32[2] = {0.07, 0.011}\nconst %from: s64[1] = {1}\n" +
                    "const %to: s64[1] = {3}\nconst %axis: s64[1] = {3}\n" +
                    "%c: s8[1x2x2x2] scale(0.1) zero_point(-5) = conv(%x, %w, %b, %m) " +
                    std::string(kConvAttributes) + "\"s8\"} \"c\"\n";
  if (both_are_convs) {
    net += "%d: s8[1x2x2x2] scale(0.3) zero_point(9) = conv(%x, %w, _, %m) " +
           std::string(kConvAttributes) + "\"s8\"} \"d\"\n";
  } else {
    net += "%d: s8[1x2x2x2] scale(0.5) zero_point(3) = slice(%x, %from, %to, %axis) \"d\"\n";
  }
  return net + "%y: s8[1x2x2x2] scale(0.2) zero_point(4) = add(%d, %c)" + sum_attributes +
         " \"y\"\n" + end + "output \"y\" = %y\n";
}

TEST(FuseResidual, TheSumMovesIntoTheConvolution) {
  for (const bool both : {false, true}) {
    for (const char* attributes : {"", " {clamp_hi = 50, clamp_lo = -30}"}) {
      const ir::Graph before = Parse(SumNet("", attributes, both));
      ir::Graph after = before;
      EXPECT_EQ(FuseResidual(after), 1);
      EXPECT_EQ(after.Order().size(), before.Order().size() - 1);
      ExpectSameBits(before, after);
      EXPECT_EQ(FuseResidual(after), 0);
    }
  }
}

TEST(FuseResidual, BehindATable) {
  std::string net = SumNet("", "", false);
  net.replace(net.find("add(%d, %c)"), 11, "add(%d, %t)");
  net.insert(net.find("%d:"), "const %table: s8[256] = {" + TableText(-128, 127, -1) +
                                  "}\n%t: s8[1x2x2x2] scale(0.7) zero_point(7) = table(%c, "
                                  "%table) \"t\"\n");
  const ir::Graph before = Parse(net);
  ir::Graph after = before;
  EXPECT_EQ(FuseTable(after), 1);
  EXPECT_EQ(FuseResidual(after), 1);
  ExpectSameBits(before, after);
}

TEST(FuseResidual, NotWhenAnotherReadsTheConvolutionNorForOneThatIsDepthwise) {
  ir::Graph shared = Parse(SumNet("output \"c\" = %c\n", "", false));
  EXPECT_EQ(FuseResidual(shared), 0);
  std::string net = SumNet("", "", false);
  net.replace(net.find("const %w: s8[2x1x1x4] = {1, -2, 3, 4, -5, 60, 7, -8}"), 52,
              "const %w: s8[2x1x1x1] = {1, -2}");
  net.replace(net.find("groups = 1"), 10, "groups = 2");
  net.replace(net.find("conv(%x,"), 8, "conv(%d,");
  const size_t slice = net.find("%d: ");
  const std::string line = net.substr(slice, net.find('\n', slice) + 1 - slice);
  net.erase(slice, line.size());
  net.insert(net.find("%c: "), line);
  ir::Graph depthwise = Parse(net);
  EXPECT_EQ(FuseResidual(depthwise), 0);
}

TEST(FuseQuantizeTranspose, QuantizedWhileTransposing) {
  const std::string channels = "scale(0.5, 0.25, 1) zero_point(3, 1, 2) axis(";
  for (const bool per_channel : {false, true}) {
    for (const bool planes : {false, true}) {
      const std::string from = per_channel ? channels + "1)" : "scale(0.5) zero_point(3)";
      const std::string to = per_channel ? channels + (planes ? "3)" : "2)") : from;
      const std::string shape = planes ? "2x5x7x3" : "2x7x3x5";
      const ir::Graph before =
          Parse("graph \"net\"\ninput %x: f32[2x3x5x7]\n%q: s8[2x3x5x7] " + from +
                " = quantize(%x) {dtype = \"s8\"} \"q\"\n%y: s8[" + shape + "] " + to +
                " = transpose(%q) {perm = " + (planes ? "[0, 2, 3, 1]" : "[0, 3, 1, 2]") +
                "} \"y\"\noutput \"y\" = %y\n");
      ir::Graph after = before;
      EXPECT_EQ(FuseQuantizeTranspose(after), 1);
      EXPECT_EQ(after.Order().size(), 1u);
      Tensor x(DType::kF32, {2, 3, 5, 7});
      for (size_t i = 0; i < 210; ++i) {
        x.values<float>()[i] = static_cast<float>(i) * 0.37f - 40.0f;
      }
      ExpectSameBits(before, after, x);
    }
  }
}

TEST(FuseOutputTranspose, TheConvolutionWritesPlanes) {
  const auto net = [](const char* perm, const char* shape) {
    return std::string(kHead) + "const %m: f32[2] = {0.007, 0.0011}\n" +
           "%c: f32[1x2x2x2] = conv(%x, %w, %b, %m) " + std::string(kConvAttributes) +
           "\"f32\"} \"c\"\n%y: f32[" + shape + "] = transpose(%c) {perm = " + perm +
           "} \"y\"\noutput \"y\" = %y\n";
  };
  const ir::Graph before = Parse(net("[0, 3, 1, 2]", "1x2x2x2"));
  ir::Graph after = before;
  EXPECT_EQ(FuseOutputTranspose(after), 1);
  EXPECT_EQ(after.Order().size(), 1u);
  EXPECT_TRUE(ir::Verify(after).ok()) << ir::Verify(after).message();
  ExpectSameBits(before, after);
  ir::Graph other = Parse(net("[0, 2, 1, 3]", "1x2x2x2"));
  EXPECT_EQ(FuseOutputTranspose(other), 0);
}

}  // namespace
}  // namespace plumb::compile
