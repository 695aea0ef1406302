#include "plumb/quant/quantize.h"

#include <gtest/gtest.h>

#include <cmath>

#include "plumb/ir/text.h"
#include "plumb/ir/verify.h"
#include "plumb/lower/lower.h"

namespace plumb::quant {
namespace {

// conv -> silu -> conv -> relu -> concat with a max_pool of itself -> conv -> sigmoid
constexpr std::string_view kNet = R"(graph "net"
input %x: f32[1x6x6x2]
const %w1: f32[4x3x3x2] = fill(0.05)
const %b1: f32[4] = {0.1, -0.4, 0.2, 0}
%c1: f32[1x6x6x4] = conv(%x, %w1, %b1) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "c1"
%s1: f32[1x6x6x4] = silu(%c1) "s1"
const %w2: f32[4x1x1x4] = {1, 0.5, -0.25, 0.125, -1, 0.5, 0.25, 0.125, 1, -0.5, 0.25, 0.125, 1, 0.5, 0.25, -0.125}
%c2: f32[1x6x6x4] = conv(%s1, %w2, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c2"
%r2: f32[1x6x6x4] = relu(%c2) "r2"
%p: f32[1x6x6x4] = max_pool(%r2) {dilations = [1, 1], kernel = [3, 3], layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "p"
%k: f32[1x6x6x8] = concat(%r2, %p) {axis = 3} "k"
const %w3: f32[3x1x1x8] = fill(0.125)
%c3: f32[1x6x6x3] = conv(%k, %w3, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c3"
%y: f32[1x6x6x3] = sigmoid(%c3) "y"
output "y" = %y
)";

Tensor Sample(int seed) {
  Tensor x(DType::kF32, {1, 6, 6, 2});
  for (int i = 0; i < 72; ++i) {
    x.values<float>()[static_cast<size_t>(i)] = std::sin(static_cast<float>(i * (seed + 3))) * 2;
  }
  return x;
}

SampleSource Samples() {
  return {4, [](size_t i) -> Result<std::vector<Tensor>> {
            return std::vector<Tensor>{Sample(static_cast<int>(i))};
          }};
}

Quantized QuantizeNet(const ir::Graph& graph, const QuantizeOptions& options) {
  const auto stats = Observe(graph, Samples(), 1, nullptr);
  EXPECT_TRUE(stats.ok()) << stats.status().message();
  auto quantized = Quantize(graph, *stats, options);
  EXPECT_TRUE(quantized.ok()) << quantized.status().message();
  EXPECT_TRUE(ir::Verify(quantized->graph).ok()) << ir::Verify(quantized->graph).message();
  return std::move(quantized).value();
}

ir::Graph Net() {
  auto graph = ir::Parse(kNet);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  return std::move(graph).value();
}

TEST(Quantize, TheTailStaysInFloatAndSaysWhy) {
  const Quantized q = QuantizeNet(Net(), {});
  const auto y = std::find_if(q.notes.begin(), q.notes.end(),
                              [](const LayerNote& n) { return n.name == "y"; });
  ASSERT_NE(y, q.notes.end());
  EXPECT_FALSE(y->integer);
  EXPECT_NE(y->reason.find("tail"), std::string::npos);
}

TEST(Quantize, NamesAndGridsAreThere) {
  const Quantized q = QuantizeNet(Net(), {});
  for (std::string_view name : {"s1", "r2", "p", "k"}) {
    const auto value = q.graph.FindValue(name);
    ASSERT_TRUE(value.has_value()) << name;
    EXPECT_EQ(q.graph.value(*value).type.dtype, DType::kS8) << name;
    EXPECT_FALSE(q.graph.value(*value).quantization.empty()) << name;
  }
  // The head is read by float operators only: its sums are not rounded to eight bits.
  EXPECT_EQ(q.graph.value(*q.graph.FindValue("c3")).type.dtype, DType::kF32);
  // A pooled value lies on the grid of what was pooled.
  EXPECT_EQ(q.graph.value(*q.graph.FindValue("p")).quantization,
            q.graph.value(*q.graph.FindValue("r2")).quantization);
}

TEST(Quantize, TheResultIsCloseToTheFloatGraph) {
  const ir::Graph net = Net();
  for (FunctionForm form : {FunctionForm::kAuto, FunctionForm::kTable, FunctionForm::kFloat}) {
    QuantizeOptions options;
    options.form = form;
    const Quantized q = QuantizeNet(net, options);
    const std::vector<Tensor> in = {Sample(1)};
    const auto expected = lower::RunGraph(net, in);
    const auto found = lower::RunGraph(q.graph, in);
    ASSERT_TRUE(expected.ok() && found.ok()) << found.status().message();
    double signal = 0, noise = 0;
    for (size_t i = 0; i < 108; ++i) {
      const double e = (*expected)[0].values<float>()[i];
      const double d = e - (*found)[0].values<float>()[i];
      signal += e * e;
      noise += d * d;
    }
    EXPECT_GT(10 * std::log10(signal / noise), 30) << FunctionFormName(form);
  }
}

// Rows one below another: every channel holds integers of both parts, so that a grid for each channel,
// which the depthwise reader would take, cannot serve.
TEST(Quantize, AConcatenationAlongAnotherAxisHasOneGrid) {
  const auto net = ir::Parse(R"(graph "rows"
input %x: f32[1x6x6x2]
const %w1: f32[4x1x1x2] = {1, 0.5, -0.25, 2, 0.125, -1, 0.5, 0.25}
%a: f32[1x6x6x4] = conv(%x, %w1, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "a"
const %w2: f32[4x1x1x2] = {4, 0.5, -3, 2, 6, -1, 0.5, 2}
%b: f32[1x6x6x4] = conv(%x, %w2, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "b"
%k: f32[1x12x6x4] = concat(%a, %b) {axis = 1} "k"
const %w3: f32[4x3x3x1] = fill(0.3)
%d: f32[1x12x6x4] = conv(%k, %w3, _) {dilations = [1, 1], groups = 4, layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "d"
%y: f32[1x12x6x4] = sigmoid(%d) "y"
%e: f32[1x6x6x4] = conv(%a, %w3, _) {dilations = [1, 1], groups = 4, layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "e"
%z: f32[1x6x6x4] = sigmoid(%e) "z"
output "y" = %y
output "z" = %z
)");
  ASSERT_TRUE(net.ok()) << net.status().message();
  const Quantized q = QuantizeNet(*net, {});
  EXPECT_FALSE(q.graph.value(*q.graph.FindValue("k")).quantization.per_channel());
  const auto expected = lower::RunGraph(*net, std::vector<Tensor>{Sample(1)});
  const auto found = lower::RunGraph(q.graph, std::vector<Tensor>{Sample(1)});
  ASSERT_TRUE(expected.ok() && found.ok()) << found.status().message();
  double signal = 0, noise = 0;
  for (size_t i = 0; i < 12 * 6 * 4; ++i) {
    const double e = (*expected)[0].values<float>()[i];
    const double d = e - (*found)[0].values<float>()[i];
    signal += e * e;
    noise += d * d;
  }
  EXPECT_GT(10 * std::log10(signal / noise), 30);
}

// By the weight's, the layer's, or its function's name.
TEST(Quantize, AFaultyScaleIsVisible) {
  const Quantized good = QuantizeNet(Net(), {});
  const auto a = lower::RunGraph(good.graph, std::vector<Tensor>{Sample(1)});
  for (const char* name : {"w1", "c1", "s1"}) {
    QuantizeOptions options;
    options.scale_faults[name] = 4;
    const Quantized bad = QuantizeNet(Net(), options);
    const auto b = lower::RunGraph(bad.graph, std::vector<Tensor>{Sample(1)});
    ASSERT_TRUE(a.ok() && b.ok());
    EXPECT_NE(std::memcmp((*a)[0].raw(), (*b)[0].raw(), (*a)[0].bytes()), 0) << name;
  }
}

TEST(Quantize, KeptInFloatByLayerOrFunctionName) {
  for (const char* name : {"c1", "s1"}) {
    QuantizeOptions options;
    options.keep_float.insert(name);
    const Quantized q = QuantizeNet(Net(), options);
    EXPECT_EQ(q.graph.value(*q.graph.FindValue("c1")).type.dtype, DType::kF32) << name;
    EXPECT_EQ(q.graph.value(*q.graph.FindValue("c2")).type.dtype, DType::kS8) << name;
  }
}

// conv -> clip -> depthwise conv -> relu -> depthwise conv -> conv -> add -> relu -> conv -> sigmoid
ir::Graph ClampNet(const std::string& lo, const std::string& hi) {
  const std::string attributes =
      R"({dilations = [1, 1], layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1], groups = )";
  auto graph = ir::Parse(R"(graph "net"
input %x: f32[1x6x6x2]
const %lo: f32[] = {)" + lo +
                         "}\nconst %hi: f32[] = {" + hi + R"(}
const %w1: f32[4x1x1x2] = {0.5, -0.4, 0.3, 0.2, 0.1, 0.2, -0.3, 2}
const %d: f32[4x1x1x1] = {0.5, 0.25, 0.75, 1}
%c1: f32[1x6x6x4] = conv(%x, %w1, _) )" +
                         attributes + R"(1} "c1"
%k1: f32[1x6x6x4] = clip(%c1, %lo, %hi) "k1"
%c2: f32[1x6x6x4] = conv(%k1, %d, _) )" +
                         attributes + R"(4} "c2"
%k2: f32[1x6x6x4] = relu(%c2) "k2"
%c3: f32[1x6x6x4] = conv(%k2, %d, _) )" +
                         attributes + R"(4} "c3"
const %w4: f32[4x1x1x4] = fill(0.25)
%c4: f32[1x6x6x4] = conv(%c3, %w4, _) )" +
                         attributes + R"(1} "c4"
%a: f32[1x6x6x4] = add(%c4, %c3) "a"
%k3: f32[1x6x6x4] = relu(%a) "k3"
%y: f32[1x6x6x4] = conv(%k3, %w4, _) )" +
                         attributes + R"(1} "y"
%s: f32[1x6x6x4] = sigmoid(%y) "s"
output "s" = %s
)");
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  return std::move(graph).value();
}

int CountOf(const ir::Graph& graph, std::string_view op) {
  int count = 0;
  for (ir::NodeId id : graph.Order()) {
    count += graph.node(id).op == op ? 1 : 0;
  }
  return count;
}

TEST(Quantize, AClampThatStoringMakesIsNotComputed) {
  const ir::Graph net = ClampNet("0", "6");
  const Quantized q = QuantizeNet(net, {});
  EXPECT_EQ(CountOf(q.graph, "clip") + CountOf(q.graph, "relu"), 0);
  EXPECT_EQ(CountOf(q.graph, "quantize"), 1);
  for (const char* name : {"k1", "k2"}) {
    const auto value = q.graph.FindValue(name);
    ASSERT_TRUE(value.has_value()) << name;
    EXPECT_EQ(q.graph.node(q.graph.value(*value).producer).op, "conv") << name;
    EXPECT_TRUE(q.graph.value(*value).quantization.per_channel()) << name;
  }
  const auto expected = lower::RunGraph(net, std::vector<Tensor>{Sample(1)});
  const auto found = lower::RunGraph(q.graph, std::vector<Tensor>{Sample(1)});
  ASSERT_TRUE(expected.ok() && found.ok());
  for (size_t i = 0; i < 144; ++i) {
    EXPECT_NEAR((*expected)[0].values<float>()[i], (*found)[0].values<float>()[i], 0.03);
  }
}

TEST(Quantize, AClampWithinTheGridStays) {
  // Real zero lies on every grid, so that the lower bound is no end of it.
  const Quantized q = QuantizeNet(ClampNet("0.1", "0.777"), {});
  EXPECT_EQ(CountOf(q.graph, "clip"), 1);
  EXPECT_EQ(CountOf(q.graph, "relu"), 0);
}

TEST(Quantize, ASumTakesTheGridOfTheClampBehindIt) {
  const Quantized q = QuantizeNet(ClampNet("0", "6"), {});
  const auto sum = q.graph.FindValue("a"), clamped = q.graph.FindValue("k3");
  ASSERT_TRUE(sum.has_value() && clamped.has_value());
  EXPECT_EQ(q.graph.value(*sum).quantization, q.graph.value(*clamped).quantization);
  EXPECT_EQ(q.graph.value(*sum).quantization.zero_point[0], -128);
}

TEST(Quantize, ANameThatIsNotThereIsAnError) {
  QuantizeOptions options;
  options.keep_float.insert("nowhere");
  const auto stats = Observe(Net(), Samples(), 1, nullptr);
  ASSERT_TRUE(stats.ok());
  const auto q = Quantize(Net(), *stats, options);
  ASSERT_FALSE(q.ok());
  EXPECT_NE(q.status().message().find("nowhere"), std::string::npos);
}

TEST(Quantize, OneScaleForOutputsHoldsTheOutputAsIntegers) {
  QuantizeOptions options;
  options.one_scale_for_outputs = true;
  const Quantized q = QuantizeNet(Net(), options);
  EXPECT_EQ(q.graph.value(q.graph.outputs[0].value).type.dtype, DType::kS8);
  EXPECT_FALSE(q.graph.value(*q.graph.FindValue("c3")).quantization.per_channel());
}

// docs/arithmetic.md, A10: dequantized, computed by its rule in float, rounded onto its grid.
TEST(Quantize, WhatHasNoIntegerFormGoesThroughRealNumbers) {
  const auto net = ir::Parse(R"(graph "net"
input %x: f32[1x6x6x2]
const %w1: f32[4x1x1x2] = {1, 0.5, -0.25, 0.125, -1, 0.5, 0.25, 0.125}
%c1: f32[1x6x6x4] = conv(%x, %w1, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c1"
%p: f32[1x6x6x4] = max_pool(%c1) {dilations = [1, 1], kernel = [3, 3], layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "p"
%s: f32[1x6x6x4] = softmax(%p) {axis = 3} "s"
const %w2: f32[3x1x1x4] = fill(0.25)
%c2: f32[1x6x6x3] = conv(%s, %w2, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c2"
%r: f32[1x6x6x3] = relu(%c2) "r"
const %w3: f32[2x1x1x3] = fill(0.5)
%c3: f32[1x6x6x2] = conv(%r, %w3, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c3"
%y: f32[1x6x6x2] = exp(%c3) "y"
output "y" = %y
)");
  ASSERT_TRUE(net.ok()) << net.status().message();
  const Quantized q = QuantizeNet(*net, {});
  const auto producer = [&](ir::ValueId value) -> const ir::Node& {
    return q.graph.node(q.graph.value(value).producer);
  };
  const ir::Node& softmax = producer(*q.graph.FindValue("s"));
  EXPECT_EQ(softmax.op, "softmax");
  EXPECT_EQ(producer(softmax.inputs[0]).op, "dequantize");
  EXPECT_EQ(producer(producer(softmax.inputs[0]).inputs[0]).op, "max_pool");
  const ir::NodeId reader = q.graph.OnlyUser(softmax.outputs[0]);
  ASSERT_NE(reader, ir::kNone);
  EXPECT_EQ(q.graph.node(reader).op, "quantize");
  EXPECT_EQ(q.graph.node(q.graph.OnlyUser(q.graph.node(reader).outputs[0])).op, "conv");
}

// docs/arithmetic.md, A12.
TEST(Quantize, LayersThatLeaveTheIntegersOfAQuantizedModelSaySo) {
  QuantizeOptions options;
  options.model_states_grids = true;
  options.grids.stated = {
      {"x", {{1.0f / 64}, {0}}}, {"c1", {{0.03f}, {5}}}, {"s1", {{0.02f}, {-99}}}};
  const Quantized q = QuantizeNet(Net(), options);
  size_t seen = 0;
  for (const LayerNote& note : q.notes) {
    if (note.name == "c1" || note.name == "s1") {
      EXPECT_FALSE(note.anew) << note.name << ": " << note.reason;
      ++seen;
    } else if (note.name == "r2") {
      EXPECT_TRUE(note.anew);
      EXPECT_NE(note.reason.find("not the original's integers: the model states no"),
                std::string::npos)
          << note.reason;
      ++seen;
    } else if (note.name == "c3") {  // gives real numbers, but reads a grid of ours
      EXPECT_TRUE(note.anew) << note.reason;
      ++seen;
    }
  }
  EXPECT_EQ(seen, 4u);
  EXPECT_EQ(q.graph.value(*q.graph.FindValue("s1")).quantization.zero_point[0], -99);
}

}  // namespace
}  // namespace plumb::quant
