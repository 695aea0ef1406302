#include "plumb/ir/text.h"

#include <gtest/gtest.h>

#include "plumb/ir/verify.h"

namespace plumb::ir {
namespace {

constexpr std::string_view kSmall = R"text(graph "tiny \"net\""
input %x: f32["batch"x3x?] as f16
input %"in/2": s8[1x4] scale(0.5) zero_point(3)
const %w: f32[2x2] scale(0.5, 0.25) zero_point(0, 0) axis(0) = {0.5, -0, 1e-30, inf}
const %z: s64[] = {-7}
const %many: u8[6] = fill(255)
const %none: f32[0] = {}
%y: f32[*] = conv(%x, %w, _) {alpha = 1.0, beta = 1e-10, empty = floats[], mode = "a\\b", n = -3, pads = [1, 2], what = ["p", "q"]} "conv1" from "Conv 'c' (onnx)"
%a: none[*], _, %b.c: s8[1x2] = split(%y, %z, %none, %many) "split1"
output "y" as f16 = %y
output "other" = %b.c
)text";

Graph Parsed(std::string_view text, std::span<const std::byte> blob = {}) {
  Result<Graph> graph = Parse(text, blob);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  return graph.ok() ? *graph : Graph();
}

TEST(Text, PrintsWhatItParsed) {
  const Graph graph = Parsed(kSmall);
  EXPECT_EQ(Print(graph, {-1}), kSmall);
  EXPECT_TRUE(Verify(graph).ok());
}

TEST(Text, ParsedPartsAreWhatTheySay) {
  const Graph g = Parsed(kSmall);
  EXPECT_EQ(g.name, "tiny \"net\"");
  EXPECT_EQ(g.inputs[0].dtype, DType::kF16);
  EXPECT_EQ(g.value(g.inputs[0].value).type.dims[0].symbol, "batch");
  EXPECT_EQ(g.outputs[0].dtype, DType::kF16);
  const Node& conv = g.node(0);
  EXPECT_EQ(conv.inputs[2], kNone);
  EXPECT_EQ(conv.attributes.Float("alpha", 0), 1.0f);
  EXPECT_EQ(conv.attributes.Int("n", 0), -3);
  EXPECT_EQ(conv.attributes.String("mode", ""), "a\\b");
  EXPECT_EQ(conv.attributes.Ints("pads"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(g.node(1).outputs[1], kNone);
  EXPECT_EQ(g.ConstantOf(*g.FindValue("many"))->values<uint8_t>()[5], 255);
  EXPECT_EQ(g.value(*g.FindValue("w")).quantization.axis, 0);
}

TEST(Text, LongConstantsGoBesideOrAreOmitted) {
  Graph g;
  const ValueId x = g.AddInput("x", TensorType(DType::kF32, Shape{3}));
  const ValueId c = g.AddConstant("c", Tensor::Of<float>({3}, {1, 2, 3}));
  g.AddOutput("y", g.Emit("add", "y", {x, c}, {}, TensorType(DType::kF32, Shape{3})));
  EXPECT_FALSE(Parse(Print(g, {2})).ok());
  std::string blob = "front";
  const std::string text = Print(g, {2, &blob, "c.bin"});
  EXPECT_NE(text.find("= @c.bin:64:12\n"), std::string::npos) << text;
  const Graph back = Parsed(text, std::as_bytes(std::span(blob)));
  EXPECT_EQ(Print(back, {-1}), Print(g, {-1}));
}

TEST(Text, ErrorsNameTheLine) {
  const auto message = [](std::string_view text) { return Parse(text).status().message(); };
  EXPECT_EQ(message("graph \"g\"\n%y: f32[1] = relu(%x)"),
            "line 2: value 'x' is used before it is declared");
  EXPECT_EQ(message("input %x: f33[1]"), "line 1: expected an element type, found 'f33'");
  EXPECT_EQ(message("input %x: f32[1]\ninput %x: f32[1]"), "line 2: value 'x' is declared twice");
  EXPECT_NE(message("const %x: f32[99999999999x99999999999] = {}").find("16 GiB"),
            std::string::npos);
  EXPECT_NE(message("const %x: f32[1000000000] = {1, 2}").find("fewer elements"),
            std::string::npos);
  EXPECT_NE(message("%y: f32[1] = relu() {a = [[[1]]]}").find("a list of lists"),
            std::string::npos);
  EXPECT_NE(message("const %x: s8[1] = {300}").find("expected a number"), std::string::npos);
  EXPECT_NE(message("input %x: f32[1").find("found the end"), std::string::npos);
}

}  // namespace
}  // namespace plumb::ir
