// What ObservedOf keeps of a calibration is enough to make the same program again, whatever the
// options.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "plumb/compile/compile.h"
#include "plumb/ir/text.h"

namespace plumb::compile {
namespace {

// A function whose form is fitted to a histogram, a depthwise convolution with scales of its own for
// channels, a residual sum, a head.
constexpr std::string_view kNet = R"(graph "net"
input %x: f32[1x6x6x2]
const %w1: f32[4x3x3x2] = fill(0.05)
const %b1: f32[4] = {0.1, -0.4, 0.2, 0}
%c1: f32[1x6x6x4] = conv(%x, %w1, %b1) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "c1"
%s1: f32[1x6x6x4] = silu(%c1) "s1"
const %w2: f32[4x1x1x4] = {1, 0.5, -0.25, 0.125, -1, 0.5, 0.25, 0.125, 1, -0.5, 0.25, 0.125, 1, 0.5, 0.25, -0.125}
%c2: f32[1x6x6x4] = conv(%s1, %w2, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c2"
%a: f32[1x6x6x4] = add(%c2, %s1) "a"
%ra: f32[1x6x6x4] = relu(%a) "ra"
const %wd: f32[4x3x3x1] = fill(0.11)
%d: f32[1x6x6x4] = conv(%ra, %wd, _) {dilations = [1, 1], groups = 4, layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "d"
%g: f32[1x6x6x4] = sigmoid(%d) "g"
%k: f32[1x6x6x8] = concat(%g, %s1) {axis = 3} "k"
const %w3: f32[3x1x1x8] = fill(0.125)
%c3: f32[1x6x6x3] = conv(%k, %w3, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c3"
%y: f32[1x6x6x3] = exp(%c3) "y"
output "y" = %y
)";

ir::Graph Net() {
  auto graph = ir::Parse(kNet);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  return std::move(graph).value();
}

const quant::SampleSource kSamples{4, [](size_t sample) -> Result<std::vector<Tensor>> {
                                     Tensor x(DType::kF32, {1, 6, 6, 2});
                                     for (size_t i = 0; i < 72; ++i) {
                                       x.values<float>()[i] =
                                           std::sin(static_cast<float>(i * (sample + 3))) * 2;
                                     }
                                     return std::vector<Tensor>{std::move(x)};
                                   }};

void ExpectSame(const artifact::Program& a, const artifact::Program& b) {
  ASSERT_EQ(a.records.size(), b.records.size());
  for (size_t i = 0; i < a.records.size(); ++i) {
    EXPECT_EQ(a.records[i].op, b.records[i].op);
    EXPECT_EQ(a.records[i].attributes, b.records[i].attributes);
  }
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (size_t i = 0; i < a.tensors.size(); ++i) {
    EXPECT_EQ(a.tensors[i].quantization, b.tensors[i].quantization) << a.tensors[i].name;
  }
  ASSERT_EQ(a.constants.size(), b.constants.size());
  for (size_t i = 0; i < a.constants.size(); ++i) {
    ASSERT_EQ(a.constants[i].bytes, b.constants[i].bytes);
    EXPECT_EQ(std::memcmp(a.constants[i].data, b.constants[i].data, a.constants[i].bytes), 0);
  }
}

std::vector<std::pair<std::string, quant::QuantizeOptions>> ManyOptions() {
  std::vector<std::pair<std::string, quant::QuantizeOptions>> all;
  for (const auto observer :
       {quant::Observer::kMinMax, quant::Observer::kPercentile, quant::Observer::kMse,
        quant::Observer::kKl, quant::Observer::kAuto}) {
    for (const auto form :
         {quant::FunctionForm::kAuto, quant::FunctionForm::kTable, quant::FunctionForm::kFloat}) {
      quant::QuantizeOptions options;
      options.grids.range = {observer, 99.0};
      options.form = form;
      options.grids.dense_channel_ratio = form == quant::FunctionForm::kFloat ? 16.0f : 1.0f;
      options.one_scale_for_outputs = form == quant::FunctionForm::kTable;
      options.correct_bias = form != quant::FunctionForm::kTable;
      all.emplace_back(StrCat(quant::ObserverName(observer), " ", quant::FunctionFormName(form)),
                       options);
    }
  }
  quant::QuantizeOptions wide;
  wide.grids.activations = DType::kS16;
  all.emplace_back("int16", wide);
  quant::QuantizeOptions mixed;
  mixed.keep_float = {"c2"};
  all.emplace_back("keep float", mixed);
  quant::QuantizeOptions hybrid;
  hybrid.hybrid = {{"s1", quant::LayerType::kInt16}, {"d", quant::LayerType::kFloat}};
  hybrid.grids.ranges = {{"s1", {-0.5f, 3}}};
  hybrid.weight_scales = quant::WeightScales::kLayer;
  all.emplace_back("hybrid", hybrid);
  return all;
}

TEST(CompileObserved, MakesTheSameOfWhatIsKept) {
  const ir::Graph net = Net();
  size_t kept = 0;
  for (const auto& [name, quantize] : ManyOptions()) {
    SCOPED_TRACE(name);
    CompileOptions options;
    options.quantize = quantize;
    const auto first = CompileInteger(net, kSamples, options);
    ASSERT_TRUE(first.ok()) << first.status().message();
    const NamedStats observed = ObservedOf(*first);
    for (const auto& [value, stats] : observed) {
      kept += !stats.histogram.empty();
    }
    const auto again = CompileObserved(net, observed, options);
    ASSERT_TRUE(again.ok()) << again.status().message();
    ExpectSame(*first->program, *again->program);
  }
  EXPECT_GT(kept, 0U);
}

// The choice is made once, where there are samples, and kept with the statistics.
TEST(CompileObserved, TheChosenObserversAreKept) {
  const ir::Graph net = Net();
  CompileOptions options;
  options.quantize.grids.range.observer = quant::Observer::kAuto;
  const auto one = CompileInteger(net, kSamples, options);
  options.threads = 3;
  const auto three = CompileInteger(net, kSamples, options);
  ASSERT_TRUE(one.ok() && three.ok()) << one.status().message();
  size_t chosen = 0;
  for (size_t i = 0; i < one->stats.size(); ++i) {
    EXPECT_EQ(one->stats[i].chosen, three->stats[i].chosen) << one->names[i];
    chosen += one->stats[i].chosen.has_value();
  }
  EXPECT_GE(chosen, 3U);
  NamedStats without = ObservedOf(*one);
  for (auto& [name, stats] : without) {
    stats.chosen.reset();
  }
  EXPECT_EQ(CompileObserved(net, without, options).status().code(), Code::kUsage);
}

TEST(CompileReal, IsTheFloatNetwork) {
  const ir::Graph net = Net();
  const auto real = CompileReal(net, true);
  ASSERT_TRUE(real.ok()) << real.status().message();
  for (const auto& tensor : real->program->tensors) {
    EXPECT_NE(tensor.dtype, DType::kS8) << tensor.name;
  }
  for (const quant::LayerNote& note : real->quantized.notes) {
    EXPECT_FALSE(note.integer) << note.name;
  }
  EXPECT_TRUE(ObservedOf(*real).empty());
  ExpectSame(*real->program, **CompileFloat(net, true));
}

TEST(CompileObserved, RefusesRangesOfAnotherModel) {
  const ir::Graph net = Net();
  const auto first = CompileInteger(net, kSamples, {});
  ASSERT_TRUE(first.ok());
  NamedStats observed = ObservedOf(*first);
  quant::ValueStats stats = observed.at("s1");
  observed["no such"] = stats;
  EXPECT_EQ(CompileObserved(net, observed, {}).status().message(),
            "the ranges name 'no such', which is no computed value of the model");
  observed.erase("no such");
  observed["s1"].channel_min.push_back(0);
  EXPECT_EQ(CompileObserved(net, observed, {}).status().message(),
            "the ranges of 's1' have 5 channels; expected 4");
}

TEST(CompileObserved, AMissingHistogramIsAnError) {
  const ir::Graph net = Net();
  const auto first = CompileInteger(net, kSamples, {});
  ASSERT_TRUE(first.ok());
  NamedStats observed = ObservedOf(*first);
  ASSERT_FALSE(observed.at("c1").histogram.empty());
  observed.at("c1").histogram.clear();
  EXPECT_EQ(CompileObserved(net, observed, {}).status().message(),
            "layer 'c1': the calibration holds no histogram of it");
  CompileOptions mse;
  mse.quantize.grids.range.observer = quant::Observer::kMse;
  EXPECT_EQ(CompileObserved(net, ObservedOf(*first), mse).status().code(), Code::kUsage);
}

// The network for other shapes takes the grids of the first, tensor by tensor, and the same weights.
TEST(OtherShapes, TakeTheGridsAndWeightsOfTheFirst) {
  std::string text(kNet);
  for (size_t at = 0; (at = text.find("[1x6x6x", at)) != std::string::npos;) {
    text.replace(at, 7, "[1x9x4x");
  }
  const auto other = ir::Parse(text);
  ASSERT_TRUE(other.ok()) << other.status().message();
  CompileOptions options;
  const auto first = CompileInteger(Net(), kSamples, options);
  ASSERT_TRUE(first.ok()) << first.status().message();
  NamedStats ranges = ObservedOf(*first);
  ranges["only there"] = ranges.at("d");
  options.other_shapes = true;
  const auto made = CompileObserved(*other, ranges, options);
  ASSERT_TRUE(made.ok()) << made.status().message();
  ExpectSame(*first->program, *made->program);
  EXPECT_EQ(made->program->tensors[static_cast<size_t>(made->program->outputs[0].tensor)].shape,
            (Shape{1, 9, 4, 3}));

  ranges.erase("d");
  const Status status = CompileObserved(*other, ranges, options).status();
  EXPECT_EQ(status.code(), Code::kInvalidModel);
  EXPECT_NE(status.message().find("computes 'd', which it does not"), std::string::npos)
      << status.message();
}

}  // namespace
}  // namespace plumb::compile
