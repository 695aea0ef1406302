// Networks of 16-bit activations, from the quantizer through fusion to records: every value is held
// as it should be, fusing changes no bit, and the result is nearer to the float network than with 8
// bits.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "plumb/compile/fuse/fuse.h"
#include "plumb/ir/text.h"
#include "plumb/ir/verify.h"
#include "plumb/lower/lower.h"
#include "plumb/quant/quantize.h"

namespace plumb::compile {
namespace {

// Convolutions with a function, a clamp and nothing behind them, a residual sum with a clamp, a sum
// of tensors on different scales in a concatenation, a function and a mean of their own.
constexpr std::string_view kNet = R"(graph "net"
input %x: f32[1x6x6x2]
const %w1: f32[4x3x3x2] = fill(0.05)
const %b1: f32[4] = {0.1, -0.4, 0.2, 0}
%c1: f32[1x6x6x4] = conv(%x, %w1, %b1) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "c1"
%s1: f32[1x6x6x4] = silu(%c1) "s1"
const %w2: f32[4x1x1x4] = {1, 0.5, -0.25, 0.125, -1, 0.5, 0.25, 0.125, 1, -0.5, 0.25, 0.125, 1, 0.5, 0.25, -0.125}
%c2: f32[1x6x6x4] = conv(%s1, %w2, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c2"
const %lo: f32[] = {0}
const %hi: f32[] = {0.5}
%r2: f32[1x6x6x4] = clip(%c2, %lo, %hi) "r2"
%a: f32[1x6x6x4] = add(%r2, %s1) "a"
%ra: f32[1x6x6x4] = relu(%a) "ra"
const %wd: f32[4x3x3x1] = fill(0.11)
%d: f32[1x6x6x4] = conv(%ra, %wd, _) {dilations = [1, 1], groups = 4, layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "d"
%p: f32[1x6x6x4] = max_pool(%d) {dilations = [1, 1], kernel = [3, 3], layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "p"
%m: f32[1x6x6x4] = mul(%p, %s1) "m"
%g: f32[1x6x6x4] = sigmoid(%m) "g"
%k: f32[1x6x6x8] = concat(%g, %d) {axis = 3} "k"
%v: f32[1x6x6x8] = average_pool(%k) {count_include_pad = 0, dilations = [1, 1], kernel = [3, 3], layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "v"
const %w3: f32[3x1x1x8] = fill(0.125)
%c3: f32[1x6x6x3] = conv(%v, %w3, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c3"
%y: f32[1x6x6x3] = exp(%c3) "y"
output "y" = %y
)";

Tensor Sample(int seed) {
  Tensor x(DType::kF32, {1, 6, 6, 2});
  for (int i = 0; i < 72; ++i) {
    x.values<float>()[static_cast<size_t>(i)] = std::sin(static_cast<float>(i * (seed + 3))) * 2;
  }
  return x;
}

ir::Graph Net() {
  auto graph = ir::Parse(kNet);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  return std::move(graph).value();
}

quant::Quantized QuantizeNet(const ir::Graph& graph, DType activations, DType weights) {
  const quant::SampleSource samples{4, [](size_t i) -> Result<std::vector<Tensor>> {
                                      return std::vector<Tensor>{Sample(static_cast<int>(i))};
                                    }};
  const auto stats = quant::Observe(graph, samples, 1, nullptr);
  EXPECT_TRUE(stats.ok()) << stats.status().message();
  quant::QuantizeOptions options;
  options.grids.activations = activations;
  options.weights = weights;
  auto quantized = quant::Quantize(graph, *stats, options);
  EXPECT_TRUE(quantized.ok()) << quantized.status().message();
  EXPECT_TRUE(ir::Verify(quantized->graph).ok()) << ir::Verify(quantized->graph).message();
  return std::move(quantized).value();
}

double Sqnr(const ir::Graph& net, const ir::Graph& quantized) {
  const std::vector<Tensor> in = {Sample(1)};
  const auto expected = lower::RunGraph(net, in);
  const auto found = lower::RunGraph(quantized, in);
  EXPECT_TRUE(expected.ok() && found.ok()) << found.status().message();
  double signal = 0, noise = 1e-30;
  for (size_t i = 0; i < 108; ++i) {
    const double e = (*expected)[0].values<float>()[i];
    const double d = e - (*found)[0].values<float>()[i];
    signal += e * e;
    noise += d * d;
  }
  return 10 * std::log10(signal / noise);
}

TEST(Int16, EveryIntegerValueIsCentredAndOfOneScale) {
  for (const DType weights : {DType::kS8, DType::kS16}) {
    const quant::Quantized q = QuantizeNet(Net(), DType::kS16, weights);
    size_t integers = 0;
    for (size_t i = 0; i < q.graph.value_count(); ++i) {
      const ir::Value& value = q.graph.value(static_cast<ir::ValueId>(i));
      if (value.constant == nullptr && value.type.dtype == DType::kS16) {
        ++integers;
        EXPECT_EQ(value.quantization.zero_point, std::vector<int32_t>{0}) << value.name;
      }
      EXPECT_TRUE(value.constant != nullptr || value.type.dtype == DType::kF32 ||
                  value.type.dtype == DType::kS16)
          << value.name;
    }
    EXPECT_GE(integers, 10u);
    for (const quant::LayerNote& note : q.notes) {
      EXPECT_EQ(note.form.find("int8"), std::string::npos) << note.name << ": " << note.form;
    }
  }
}

TEST(Int16, FusingChangesNoBit) {
  const quant::Quantized q = QuantizeNet(Net(), DType::kS16, DType::kS8);
  ir::Graph fused = q.graph;
  EXPECT_GE(Fuse(fused), 1);  // the SiLU and its rounding go into the convolution
  EXPECT_LT(fused.Order().size(), q.graph.Order().size());
  const auto a = lower::RunGraph(q.graph, std::vector<Tensor>{Sample(2)});
  const auto b = lower::RunGraph(fused, std::vector<Tensor>{Sample(2)});
  ASSERT_TRUE(a.ok() && b.ok()) << b.status().message();
  ASSERT_GT((*a)[0].bytes(), 0u);
  EXPECT_EQ(std::memcmp((*a)[0].raw(), (*b)[0].raw(), (*a)[0].bytes()), 0);
}

// A clamp that became the limits of a layer does what it does on real numbers, at every step.
TEST(Int16, AClampInTheLimitsIsTheClamp) {
  const quant::Quantized q = QuantizeNet(Net(), DType::kS16, DType::kS8);
  const ir::Value& r2 = q.graph.value(*q.graph.FindValue("r2"));
  const ir::Node& conv = q.graph.node(r2.producer);
  ASSERT_EQ(conv.op, "conv");
  const float scale = r2.quantization.scale[0];
  const int64_t lo = conv.attributes.Int("clamp_lo", -1), hi = conv.attributes.Int("clamp_hi", -1);
  EXPECT_EQ(lo, 0);
  for (int32_t step = -32768; step <= 32767; ++step) {
    const float x = static_cast<float>(step) * scale;
    const float clipped = std::min(std::max(x, 0.0f), 0.5f);
    const float t = clipped / scale;
    const auto nearest = static_cast<int64_t>(std::nearbyint(std::min(t, 32767.0f)));
    ASSERT_EQ(std::clamp<int64_t>(step, lo, hi), nearest) << step;
  }
}

TEST(Int16, IsNearerToTheFloatNetworkThanInt8) {
  const ir::Graph net = Net();
  const double int8 = Sqnr(net, QuantizeNet(net, DType::kS8, DType::kS8).graph);
  const double activations = Sqnr(net, QuantizeNet(net, DType::kS16, DType::kS8).graph);
  const double both = Sqnr(net, QuantizeNet(net, DType::kS16, DType::kS16).graph);
  EXPECT_GT(activations, int8);
  EXPECT_GT(both, 75) << "int8 " << int8 << ", int16 activations " << activations;
}

}  // namespace
}  // namespace plumb::compile
