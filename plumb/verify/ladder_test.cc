// What the rungs measure with: layers alone and accumulated, records evaluated a second time, the second decoder, and the
// alternatives of the preprocessing.
#include "plumb/verify/ladder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "plumb/compile/compile.h"
#include "plumb/ir/text.h"
#include "plumb/lower/lower.h"
#include "plumb/verify/codes.h"
#include "plumb/verify/integer_check.h"
#include "plumb/verify/layer_errors.h"
#include "plumb/verify/plain_decode.h"
#include "plumb/verify/plain_records.h"
#include "plumb/verify/preprocess_score.h"
#include "plumb/verify/sample_layout.h"
#include "plumb/vision/nms.h"

namespace plumb::verify {
namespace {

// A function behind a convolution, a residual sum with a clamp, a depthwise convolution, pools, a product, a concatenation.
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
%p: f32[1x6x6x4] = max_pool(%d) {dilations = [1, 1], kernel = [3, 3], layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "p"
%m: f32[1x6x6x4] = mul(%p, %s1) "m"
%k: f32[1x6x6x8] = concat(%m, %d) {axis = 3} "k"
%v: f32[1x6x6x8] = average_pool(%k) {count_include_pad = 0, dilations = [1, 1], kernel = [3, 3], layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "v"
const %w3: f32[3x1x1x8] = fill(0.125)
%c3: f32[1x6x6x3] = conv(%v, %w3, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c3"
%y: f32[1x6x6x3] = exp(%c3) "y"
output "y" = %y
)";

std::vector<Tensor> Sample(size_t seed) {
  Tensor x(DType::kF32, {1, 6, 6, 2});
  for (size_t i = 0; i < 72; ++i) {
    x.values<float>()[i] = std::sin(static_cast<float>(i * (seed + 3))) * 2;
  }
  return {x};
}

struct Made {
  std::shared_ptr<const artifact::Program> reference, integer;
};
Made Make(DType activations, const std::map<std::string, float>& faults) {
  auto graph = ir::Parse(kNet);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  compile::CompileOptions options;
  options.quantize.grids.activations = activations;
  options.quantize.scale_faults = faults;
  const quant::SampleSource samples{
      4, [](size_t i) -> Result<std::vector<Tensor>> { return Sample(i); }};
  auto compiled = compile::CompileInteger(*graph, samples, options);
  EXPECT_TRUE(compiled.ok()) << compiled.status().message();
  return {lower::Lower(*graph).value(), compiled->program};
}

LayerReport Measured(const Made& made) {
  const std::vector<std::vector<Tensor>> samples = {Sample(0), Sample(1)};
  auto report = MeasureLayers(made.reference, made.integer, samples, {.threads = 2});
  EXPECT_TRUE(report.ok()) << report.status().message();
  return std::move(report).value();
}

const LayerError* Find(const LayerReport& report, std::string_view name) {
  for (const LayerError& layer : report.layers) {
    if (layer.name == name) {
      return &layer;
    }
  }
  return nullptr;
}

TEST(LayerErrors, AHealthyNetworkIsCloseEverywhere) {
  const LayerReport report = Measured(Make(DType::kS8, {}));
  ASSERT_GE(report.layers.size(), 6U);
  EXPECT_GT(report.fused_away, 0);  // the sum's convolution is inside the sum
  for (const LayerError& layer : report.layers) {
    EXPECT_GT(layer.sqnr_accumulated, 20) << layer.name;
    EXPECT_LE(layer.outside, 0.01) << layer.name;
    EXPECT_TRUE(layer.levels > 1 || layer.form.ends_with("float output")) << layer.name;
  }
}

TEST(LayerErrors, AWrongScaleIsBornInItsLayerAndPassedOnBehindIt) {
  const LayerReport report = Measured(Make(DType::kS8, {{"c1", 2.0F}}));
  const LayerError *spoiled = Find(report, "s1"), *behind = Find(report, "d");
  ASSERT_TRUE(spoiled != nullptr && behind != nullptr);
  EXPECT_LT(spoiled->sqnr_accumulated, 10);
  EXPECT_EQ(spoiled->origin, ErrorOrigin::kBorn);
  EXPECT_GT(spoiled->own_share, 0.9);
  EXPECT_GT(spoiled->largest_steps, 10);
  EXPECT_LT(behind->sqnr_accumulated, 15);
  EXPECT_EQ(behind->origin, ErrorOrigin::kPassedOn);
  EXPECT_GT(behind->sqnr_alone, 20);
  EXPECT_EQ(GuiltiestLayers(report, 1)[0].name, "s1");
}

TEST(IntegerCheck, EveryRecordComputesItsRule) {
  for (const DType type : {DType::kS8, DType::kS16}) {
    const Made made = Make(type, {});
    const std::vector<Tensor> sample = Sample(2);
    const auto check = CheckIntegers(made.integer, sample, {.elements = 10000});
    ASSERT_TRUE(check.ok()) << check.status().message();
    EXPECT_GE(check->records, 9U);
    EXPECT_GT(check->elements, 800U);
    EXPECT_EQ(check->different, 0U) << check->worst_record;
    EXPECT_TRUE(check->without_rule.empty()) << check->without_rule[0];
  }
}

// (7 - 1) * (0.5 / 0.25) + (-3 - 2) * (0.25 / 0.25) = 7, + 4; a tie 0.5 + 0 -> 0.
TEST(PlainRecords, ASumByHand) {
  const Shape shape = {2};
  const artifact::TensorInfo a{"a", DType::kS8, shape, {{0.5F}, {1}, -1}, -1};
  const artifact::TensorInfo b{"b", DType::kS8, shape, {{0.25F}, {2}, -1}, -1};
  const artifact::TensorInfo y{"y", DType::kS8, shape, {{0.25F}, {4}, -1}, -1};
  const Tensor at = Tensor::Of<int8_t>(shape, std::vector<int8_t>{7, 127});
  const Tensor bt = Tensor::Of<int8_t>(shape, std::vector<int8_t>{-3, 127});
  const Tensor yt(DType::kS8, shape);
  artifact::Record record;
  record.op = "add";
  const RecordView view{&record, {{&a, at.view()}, {&b, bt.view()}}, {{&y, yt.view()}}};
  const auto rule = PlainRecord::Of(view);
  ASSERT_TRUE(rule.has_value());
  EXPECT_EQ(rule->Integer(0), 11);
  EXPECT_EQ(rule->Integer(1), 127);  // 252 + 125 is clamped
}

// One cell of stride 8 at (1, 0) of a 16x8 input: centre (0.5 + 1) * 8, (0.25 + 0) * 8, sides exp(0) * 8.
TEST(PlainDecode, AYoloxCellByHand) {
  artifact::DecodeContract contract;
  contract.family = artifact::Family::kYolox;
  contract.classes = 1;
  contract.strides = {8};
  contract.scores_activated = true;
  contract.outputs = {
      {0, artifact::OutputRole::kAll, artifact::OutputLayout::kChannelsLast, 0, {}}};
  const Tensor out = Tensor::Of<float>(
      {1, 2, 6}, std::vector<float>{0, 0, 0, 0, 0, 0, 0.5F, 0.25F, 0, 0, 1, 0.75F});
  const std::vector<ConstTensorView> views = {out.view()};
  const auto boxes = PlainBoxes(contract, views, 16, 8);
  ASSERT_TRUE(boxes.ok()) << boxes.status().message();
  ASSERT_EQ(boxes->size(), 1U);
  EXPECT_EQ((*boxes)[0], (vision::Detection{8, -2, 16, 6, 0.75F, 0, {}}));
  DecodeCheck check;
  ASSERT_TRUE(AddDecodeCheck(contract, views, 16, 8, check).ok());
  EXPECT_TRUE(check.agrees()) << check.difference;
  EXPECT_EQ(check.boxes, 1U);
}

TEST(Preprocessing, AlternativesDifferInOneThing) {
  artifact::PictureInput stated;
  stated.width = stated.height = 64;
  stated.mean = {0, 10, 20};
  stated.std = {255, 255, 255};
  std::set<std::string> names;
  for (const PreprocessAlternative& a : PreprocessAlternatives(stated)) {
    names.insert(a.name);
    EXPECT_EQ(a.code.empty(), a.name == "as stated");
    EXPECT_EQ(a.input == stated, a.name == "as stated") << a.name;
    if (a.name == "bgr") {
      EXPECT_EQ(a.input.mean, (std::vector<float>{20, 10, 0}));  // each colour keeps its own
    }
  }
  EXPECT_TRUE(names.contains("bgr") && names.contains("stretch") && names.contains("border 0"));
  EXPECT_TRUE(names.contains("values ImageNet"));
  EXPECT_FALSE(names.contains("letterbox"));
  stated.mean = {0, 0, 0};
  for (const PreprocessAlternative& a : PreprocessAlternatives(stated)) {
    EXPECT_NE(a.name, "values 0 to 1");  // that is what is stated
  }
}

TEST(RangeFit, ValuesOfAnotherNormalizationMissTheRanges) {
  for (const DType type : {DType::kS8, DType::kS16}) {
    const Made made = Make(type, {});
    const auto session = runtime::Session::Create(made.reference, {}).value();
    const auto fit_of = [&](float factor) {
      std::vector<Tensor> inputs;
      for (size_t i = 0; i < 4; ++i) {
        inputs.push_back(Sample(i)[0]);
        for (float& v : inputs.back().values<float>()) {
          v *= factor;
        }
      }
      return FitRanges(*session, *made.integer, inputs).value();
    };
    const RangeFit right = fit_of(1), loud = fit_of(58), faint = fit_of(1 / 58.0F);
    EXPECT_GE(right.tensors, 6U);
    EXPECT_LT(right.clipped, 0.01);
    EXPECT_GT(right.used, 0.8);
    EXPECT_GT(loud.clipped, 0.1);
    EXPECT_LT(faint.used, right.used / 2);
    EXPECT_TRUE(FitsClearlyBetter(right, loud) && FitsClearlyBetter(right, faint));
    EXPECT_FALSE(FitsClearlyBetter(loud, right) || FitsClearlyBetter(faint, right));
    EXPECT_FALSE(FitsClearlyBetter(right, fit_of(0.8F)));
  }
}

// A picture of slopes and edges, in three colours.
std::vector<float> Slopes(int width, int height, bool planar) {
  std::vector<float> values(static_cast<size_t>(3 * width * height));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const float v = 0.5F + 0.3F * std::sin(0.21F * static_cast<float>(x)) +
                        0.2F * std::cos(0.17F * static_cast<float>(y + 3 * c)) +
                        (x > width / 2 ? 0.1F : 0.0F);
        const int at = planar ? (c * height + y) * width + x : (y * width + x) * 3 + c;
        values[static_cast<size_t>(at)] = v;
      }
    }
  }
  return values;
}

TEST(SampleLayout, ThePictureIsSmoothWhenItIsReadRight) {
  EXPECT_EQ(LayoutOf(MeasureLayout(Slopes(96, 64, true), 96, 64, 3)), PixelLayout::kPlanar);
  EXPECT_EQ(LayoutOf(MeasureLayout(Slopes(96, 64, false), 96, 64, 3)), PixelLayout::kInterleaved);
  const std::vector<float> flat(96 * 64 * 3, 0.5F);
  EXPECT_EQ(LayoutOf(MeasureLayout(flat, 96, 64, 3)), PixelLayout::kUnknown);
  std::vector<float> noise(96 * 64 * 3);
  uint32_t state = 1;
  for (float& v : noise) {
    state = state * 1664525U + 1013904223U;
    v = static_cast<float>(state >> 8);
  }
  EXPECT_EQ(LayoutOf(MeasureLayout(noise, 96, 64, 3)), PixelLayout::kUnknown);
  EXPECT_EQ(LayoutOf(MeasureLayout(Slopes(96, 64, true), 64, 64, 3)), PixelLayout::kUnknown);
}

TEST(ValueSpan, WhatPicturesTakeAsStated) {
  artifact::PictureInput input;
  input.mean = {0, 0, 0};
  input.std = {255, 255, 255};
  EXPECT_DOUBLE_EQ((ValueSpan{0, 1}.Overlap(input)), 1);
  EXPECT_DOUBLE_EQ((ValueSpan{-1, 1}.Overlap(input)), 0.5);
  EXPECT_NEAR((ValueSpan{0, 255}.Overlap(input)), 1 / 255.0, 1e-9);
}

TEST(Codes, EveryRungAndItsTitle) {
  std::set<std::string_view> seen;
  for (const CodeRow& row : Codes()) {
    EXPECT_TRUE(seen.insert(row.code).second) << row.code << " twice";
    EXPECT_FALSE(row.title.empty() || row.meaning.empty()) << row.code;
  }
  for (char digit = '0'; digit <= '9'; ++digit) {
    const std::string code = {'V', digit};
    ASSERT_NE(FindCode(code), nullptr) << code;
    EXPECT_EQ(FindCode(code)->title, RungTitle(code));
  }
  EXPECT_EQ(FindCode("v10"), nullptr);
}

}  // namespace
}  // namespace plumb::verify
