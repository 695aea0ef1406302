// Layers of 8 bits, 16 bits and float in one network: whatever the mixture, it runs, and fusing changes no bit.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "plumb/compile/fuse/fuse.h"
#include "plumb/ir/text.h"
#include "plumb/ir/verify.h"
#include "plumb/lower/lower.h"
#include "plumb/ops/op_def.h"
#include "plumb/quant/quantize.h"

namespace plumb::compile {
namespace {

using quant::LayerType;
using Types = std::map<std::string, LayerType>;

// Every kind of integer operator, a residual sum with a clamp, a depthwise convolution whose input has scales of its own for
// channels, a tensor that several layers read, a head.
constexpr std::string_view kNet = R"(graph "net"
input %x: f32[1x6x6x2]
const %w1: f32[4x3x3x2] = fill(0.05)
const %b1: f32[4] = {0.1, -0.4, 0.2, 0}
%c1: f32[1x6x6x4] = conv(%x, %w1, %b1) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "c1"
%s1: f32[1x6x6x4] = silu(%c1) "s1"
const %w2: f32[4x1x1x4] = {1, 0.5, -0.25, 0.13, -1, 0.57, 0.25, 0.121, 1, -0.53, 0.25, 0.125, 1, 0.5, 0.25, -0.125}
%c2: f32[1x6x6x4] = conv(%s1, %w2, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c2"
%r2: f32[1x6x6x4] = relu(%c2) "r2"
%a: f32[1x6x6x4] = add(%r2, %s1) "a"
%ra: f32[1x6x6x4] = relu(%a) "ra"
const %we: f32[4x1x1x4] = {1, 0.51, -0.2, 0.1, -0.01, 0.0057, 0.0025, 0.00121, 1, -0.3, 0.25, 0.125, 3, 0.5, 0.25, -0.125}
%e: f32[1x6x6x4] = conv(%ra, %we, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "e"
const %wd: f32[4x3x3x1] = fill(0.11)
%d: f32[1x6x6x4] = conv(%e, %wd, _) {dilations = [1, 1], groups = 4, layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "d"
%p: f32[1x6x6x4] = max_pool(%d) {dilations = [1, 1], kernel = [3, 3], layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "p"
%m: f32[1x6x6x4] = mul(%p, %s1) "m"
%g: f32[1x6x6x4] = sigmoid(%m) "g"
%k: f32[1x6x6x8] = concat(%g, %d) {axis = 3} "k"
%v: f32[1x6x6x8] = average_pool(%k) {count_include_pad = 0, dilations = [1, 1], kernel = [3, 3], layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "v"
const %w3: f32[3x1x1x8] = fill(0.117)
%c3: f32[1x6x6x3] = conv(%v, %w3, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c3"
%y: f32[1x6x6x3] = exp(%c3) "y"
output "y" = %y
)";
// Layers by the names that reports give them.
const std::vector<std::string> kLayers = {"s1", "r2", "ra", "e", "d", "m", "g", "k", "v", "c3"};

Tensor Sample(int seed) {
  Tensor x(DType::kF32, {1, 6, 6, 2});
  for (int i = 0; i < 72; ++i) {
    x.values<float>()[static_cast<size_t>(i)] = std::sin(static_cast<float>(i * (seed + 3))) * 2;
  }
  return x;
}

struct Net {
  ir::Graph graph;
  std::vector<quant::ValueStats> stats;
};

const Net& TheNet() {
  static const Net net = [] {
    auto graph = ir::Parse(kNet);
    EXPECT_TRUE(graph.ok()) << graph.status().message();
    const quant::SampleSource samples{4, [](size_t i) -> Result<std::vector<Tensor>> {
                                        return std::vector<Tensor>{Sample(static_cast<int>(i))};
                                      }};
    auto stats = quant::Observe(*graph, samples, 1, nullptr);
    EXPECT_TRUE(stats.ok()) << stats.status().message();
    return Net{std::move(graph).value(), std::move(stats).value()};
  }();
  return net;
}

Result<quant::Quantized> QuantizeAs(const Types& types, quant::QuantizeOptions options = {}) {
  options.hybrid = types;
  return quant::Quantize(TheNet().graph, TheNet().stats, options);
}

std::vector<float> OutputsOf(const ir::Graph& graph) {
  const auto outputs = lower::RunGraph(graph, std::vector<Tensor>{Sample(2)});
  EXPECT_TRUE(outputs.ok()) << outputs.status().message();
  const std::span<const float> y = std::as_const((*outputs)[0]).values<float>();
  return {y.begin(), y.end()};
}

double Noise(const ir::Graph& quantized) {
  const std::vector<float> wanted = OutputsOf(TheNet().graph), found = OutputsOf(quantized);
  double noise = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    noise += std::pow(static_cast<double>(wanted[i]) - found[i], 2);
  }
  return noise;
}

// `strict`: every layer is what its name states. Else one may be in float: behind the last integer product everything is.
void ExpectRuns(const Types& types, bool strict) {
  std::string text;
  for (const auto& [name, type] : types) {
    text += StrCat(name, "=", quant::LayerTypeName(type), " ");
  }
  SCOPED_TRACE(text);
  const auto quantized = QuantizeAs(types);
  ASSERT_TRUE(quantized.ok()) << quantized.status().message();
  ASSERT_TRUE(ir::Verify(quantized->graph).ok()) << ir::Verify(quantized->graph).message();
  ir::Graph fused = quantized->graph;
  Fuse(fused);
  ASSERT_TRUE(ir::Verify(fused).ok()) << ir::Verify(fused).message();
  EXPECT_EQ(OutputsOf(quantized->graph), OutputsOf(fused));
  for (const auto& [name, type] : types) {
    const auto value = quantized->graph.FindValue(name);
    if (!value || name == "c3") {  // a head is held in float whatever it computes in
      continue;
    }
    const DType held = quantized->graph.value(*value).type.dtype;
    const DType wanted = type == LayerType::kFloat   ? DType::kF32
                         : type == LayerType::kInt16 ? DType::kS16
                                                     : DType::kS8;
    EXPECT_TRUE(held == wanted || (!strict && held == DType::kF32))
        << name << " is held as " << DTypeName(held);
  }
}

TEST(Hybrid, OneLayerOfEachType) {
  for (const std::string& layer : kLayers) {
    ExpectRuns({{layer, LayerType::kInt16}}, true);
    ExpectRuns({{layer, LayerType::kFloat}}, true);
  }
}

TEST(Hybrid, AnyMixtureRunsAndFusingChangesNoBit) {
  std::mt19937 random(1);
  for (int i = 0; i < 40; ++i) {
    Types types;
    for (const std::string& layer : kLayers) {
      // What is concatenated has 16 bits where any part has, so that 8 cannot be asked of it.
      const auto kind = static_cast<LayerType>(random() % 3);
      types[layer] = layer == "k" && kind == LayerType::kInt8 ? LayerType::kInt16 : kind;
    }
    ExpectRuns(types, false);
  }
}

TEST(Hybrid, EveryLayerIn16BitsIsTheNetworkOf16Bits) {
  Types all = {{"x", LayerType::kInt16}};
  for (const std::string& layer : kLayers) {
    all[layer] = LayerType::kInt16;
  }
  quant::QuantizeOptions wide;
  wide.grids.activations = DType::kS16;
  wide.weights = DType::kS16;
  const auto named = QuantizeAs(all), whole = QuantizeAs({}, wide);
  ASSERT_TRUE(named.ok() && whole.ok());
  EXPECT_EQ(OutputsOf(named->graph), OutputsOf(whole->graph));
  EXPECT_LT(Noise(named->graph), 1e-3 * Noise(QuantizeAs({})->graph));
}

TEST(Hybrid, ALayerNamedInt8StaysIn8BitsAmong16) {
  quant::QuantizeOptions wide;
  wide.grids.activations = DType::kS16;
  const auto mixed = QuantizeAs({{"e", LayerType::kInt8}}, wide);
  ASSERT_TRUE(mixed.ok()) << mixed.status().message();
  const ir::Value& e = mixed->graph.value(*mixed->graph.FindValue("e"));
  EXPECT_EQ(e.type.dtype, DType::kS8);
  EXPECT_EQ(mixed->graph.value(*mixed->graph.FindValue("ra")).type.dtype, DType::kS16);
  EXPECT_GT(Noise(mixed->graph), Noise(QuantizeAs({}, wide)->graph));
}

TEST(Hybrid, ALayersNameIsItsConvolutionsToo) {
  const auto by_conv = QuantizeAs({{"c2", LayerType::kInt16}});
  const auto by_clamp = QuantizeAs({{"r2", LayerType::kInt16}});
  ASSERT_TRUE(by_conv.ok() && by_clamp.ok());
  EXPECT_EQ(ir::Print(by_conv->graph), ir::Print(by_clamp->graph));
}

TEST(Hybrid, WhatOnlyMovesHasTheTypeOfItsSource) {
  const auto moved = QuantizeAs({{"p", LayerType::kInt16}});
  const auto source = QuantizeAs({{"d", LayerType::kInt16}});
  ASSERT_TRUE(moved.ok() && source.ok());
  EXPECT_EQ(ir::Print(moved->graph), ir::Print(source->graph));
  EXPECT_EQ(
      QuantizeAs({{"p", LayerType::kInt16}, {"d", LayerType::kInt8}}).status().message(),
      "--hybrid: 'd' is int8 and 'p' is int16, but they hold the same elements; give them one "
      "type");
}

TEST(Hybrid, AnUnknownNameIsAnErrorThatKnowsNearOnes) {
  const Status status = QuantizeAs({{"s11", LayerType::kInt16}}).status();
  EXPECT_EQ(status.code(), Code::kUsage);
  EXPECT_NE(status.message().find("did you mean 's1'"), std::string::npos) << status.message();
}

TEST(Hybrid, AGivenRangeMakesTheGrid) {
  quant::QuantizeOptions options;
  options.grids.ranges["s1"] = {-1, 6.65f};
  const auto eight = QuantizeAs({}, options);
  ASSERT_TRUE(eight.ok()) << eight.status().message();
  EXPECT_EQ(eight->graph.value(*eight->graph.FindValue("s1")).quantization,
            quant::GridOf({-1, 6.65f}));
  const auto sixteen = QuantizeAs({{"s1", LayerType::kInt16}}, options);
  ASSERT_TRUE(sixteen.ok());
  EXPECT_EQ(sixteen->graph.value(*sixteen->graph.FindValue("s1")).quantization,
            quant::CentredGridOf({-1, 6.65f}));
  // Scales for channels give way to the one range that was stated.
  options.grids.ranges = {{"e", {-2, 2}}};
  const auto one_scale = QuantizeAs({}, options);
  EXPECT_EQ(one_scale->graph.value(*one_scale->graph.FindValue("e")).quantization,
            quant::GridOf({-2, 2}));
  options.grids.ranges = {{"y", {0, 1}}};
  EXPECT_EQ(QuantizeAs({}, options).status().code(), Code::kUsage);
}

}  // namespace
}  // namespace plumb::compile
