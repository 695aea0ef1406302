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

}  // namespace
}  // namespace plumb::quant
