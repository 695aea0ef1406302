// A model's tensors beside an artifact's: names and layouts are the model's, a spoiled layer shows where it is spoiled.
#include "plumb/verify/tensor_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "plumb/compile/compile.h"
#include "plumb/ir/text.h"
#include "plumb/lower/lower.h"
#include "plumb/passes/pass.h"
#include "plumb/verify/axis_order.h"

namespace plumb::verify {
namespace {

// As many channels as rows and columns: no shape tells one order of axes from another.
constexpr std::string_view kModel = R"net(graph "net"
input %x: f32[1x4x4x4]
const %w1: f32[4x4x3x3] = fill(0.05)
const %b1: f32[4] = {0.1, -0.4, 0.2, 0}
%c1: f32[1x4x4x4] = conv(%x, %w1, %b1) {dilations = [1, 1], groups = 1, layout = "nchw", pads = [1, 1, 1, 1], strides = [1, 1]} "c1" from "Conv 'first' (onnx)"
%r1: f32[1x4x4x4] = relu(%c1) "r1"
const %w2: f32[4x4x1x1] = {1, 0.5, -0.25, 0.125, -1, 0.5, 0.25, 0.125, 1, -0.5, 0.25, 0.125, 1, 0.5, 0.25, -0.125}
%c2: f32[1x4x4x4] = conv(%r1, %w2, _) {dilations = [1, 1], groups = 1, layout = "nchw", pads = [0, 0, 0, 0], strides = [1, 1]} "c2"
%ab: f32[1x4x4x4] = add(%c2, %r1) "sum"
%m: f32[1x4x4x4] = max_pool(%ab) {dilations = [1, 1], kernel = [3, 3], layout = "nchw", pads = [1, 1, 1, 1], strides = [1, 1]} "m"
const %w3: f32[4x4x3x3] = fill(0.03)
%y: f32[1x4x4x4] = conv(%m, %w3, %b1) {dilations = [1, 1], groups = 1, layout = "nchw", pads = [1, 1, 1, 1], strides = [1, 1]} "y"
output "y" = %y
)net";

std::vector<Tensor> Sample(size_t seed) {
  Tensor x(DType::kF32, {1, 4, 4, 4});
  for (size_t i = 0; i < 64; ++i) {
    x.values<float>()[i] = std::sin(static_cast<float>(i * (seed + 3))) * 2;
  }
  return {x};
}

struct Programs {
  ir::Graph model;
  TensorTableInput input;
};

Programs Make(const std::map<std::string, float>& faults, bool integer = true) {
  Programs made{ir::Parse(kModel).value(), {}};
  ir::Graph plain = made.model, canonical = made.model;
  passes::PipelineOptions least;
  least.level = 0;
  EXPECT_TRUE(passes::RunPipeline(plain, least).ok());
  EXPECT_TRUE(passes::RunPipeline(canonical).ok());
  made.input.plain = lower::Lower(plain).value();
  made.input.canonical = lower::Lower(canonical).value();
  if (!integer) {
    made.input.artifact = compile::CompileFloat(canonical, true).value();
    return made;
  }
  compile::CompileOptions options;
  options.quantize.scale_faults = faults;
  const quant::SampleSource samples{
      4, [](size_t i) -> Result<std::vector<Tensor>> { return Sample(i); }};
  made.input.artifact = compile::CompileInteger(canonical, samples, options).value().program;
  return made;
}

struct Seen {
  std::vector<TensorRow> rows;
  std::map<std::string, std::vector<float>> model, artifact;
  std::map<std::string, Shape> shapes;
  [[nodiscard]] const TensorRow& Row(const std::string& name) const {
    return *std::ranges::find(rows, name, &TensorRow::name);
  }
};

Seen Compared(Programs& made, std::vector<std::vector<Tensor>> samples) {
  made.input.model = &made.model;
  Seen seen;
  const ShowTensor show = [&](const TensorRow& row, const TensorValues& values) {
    seen.model[row.name].assign(values.model.begin(), values.model.end());
    seen.artifact[row.name].assign(values.artifact.begin(), values.artifact.end());
    seen.shapes[row.name].assign(values.shape.begin(), values.shape.end());
    return Status();
  };
  seen.rows = CompareTensors(made.input, samples, show, nullptr).value();
  return seen;
}

TEST(AxisOrder, ShapesAllowTheOrdersThatTheyAllow) {
  EXPECT_EQ(OrdersBetween(Shape{1, 2, 3, 5}, Shape{1, 5, 2, 3}).size(), 1U);
  EXPECT_EQ(OrdersBetween(Shape{1, 1, 7, 2}, Shape{1, 2, 7}).size(), 1U);  // one-dimensional
  EXPECT_EQ(OrdersBetween(Shape{1, 4, 4, 4}, Shape{1, 4, 4, 4}).size(), 6U);
  EXPECT_TRUE(OrdersBetween(Shape{1, 4, 4, 4}, Shape{1, 4, 16}).empty());
  const AxisOrder last_first = OrdersBetween(Shape{1, 2, 3, 5}, Shape{1, 5, 2, 3})[0];
  std::vector<float> x(30);
  for (size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<float>(i);
  }
  const std::vector<float> moved = last_first.Apply(x);
  EXPECT_EQ(moved[0], 0);
  EXPECT_EQ(moved[1], 5);  // the next column of channel 0
  EXPECT_EQ(moved[6], 1);  // channel 1
  EXPECT_EQ(moved[29], 29);
  EXPECT_EQ(last_first.Undo(moved), x);
}

TEST(TensorTable, RowsAreTheModelsTensorsInItsOrder) {
  Programs made = Make({});
  const Seen seen = Compared(made, {Sample(0)});
  std::vector<std::string> names;
  for (const TensorRow& row : seen.rows) {
    names.push_back(row.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"x", "x_int8", "c1", "r1", "c2", "ab", "m", "y"}));
  EXPECT_EQ(seen.Row("x").kind, TensorRow::Kind::kInput);
  EXPECT_EQ(seen.Row("x_int8").kind, TensorRow::Kind::kConversion);
  EXPECT_EQ(seen.Row("ab").held, DType::kS8);
  EXPECT_EQ(seen.Row("y").held, DType::kF32);
  EXPECT_EQ(seen.Row("c1").op, "Conv");
  EXPECT_EQ(seen.Row("c1").held, DType::kNone);  // inside r1
  EXPECT_FALSE(seen.Row("c1").entire || seen.model.contains("c1"));
  EXPECT_EQ(seen.Row("x").entire->cosine, 1);
  EXPECT_EQ(seen.Row("x").entire->euclidean, 0);
  EXPECT_GT(seen.Row("r1").entire->euclidean, 0);
}

// Without quantization nothing but the order of sums differs. Of two sums of 37 terms, the first convolution's, each is off by
// 37 roundings of at most 36 * 0.05 * 2 + 0.4 = 4; c2
// and the sum make at most 3 times that of it, the last one 36 * 0.03 times that.
TEST(TensorTable, TheFloatNetworkIsThereInTheModelsLayout) {
  Programs made = Make({}, false);
  const Seen seen = Compared(made, {Sample(1)});
  size_t compared = 0;
  for (const auto& [name, model] : seen.model) {
    const std::vector<float>& artifact = seen.artifact.at(name);
    ASSERT_EQ(seen.shapes.at(name), (Shape{1, 4, 4, 4}));
    for (size_t i = 0; i < model.size(); ++i) {
      EXPECT_NEAR(artifact[i], model[i], 2 * 37 * 0x1p-24F * 4 * 3 * 2) << name << " " << i;
    }
    ++compared;
  }
  EXPECT_GE(compared, 5U);  // x, r1, the sum, m, y; and c2 where it is not inside the sum
  // Channel 0 of the sum by hand, at row 0, column 0: w2's first row times r1, plus r1.
  const std::vector<float>& r1 = seen.model.at("r1");
  const float sum = r1[0] * 2 + r1[16] * 0.5F - r1[32] * 0.25F + r1[48] * 0.125F;
  EXPECT_NEAR(seen.model.at("ab")[0], sum, 1e-6);
}

TEST(TensorTable, ASpoiledLayerIsWrongAloneAndThoseBehindItAreNot) {
  Programs sound = Make({}), spoiled = Make({{"r1", 2.0F}});
  const Seen right = Compared(sound, {Sample(0), Sample(1)});
  const Seen wrong = Compared(spoiled, {Sample(0), Sample(1)});
  EXPECT_GT(wrong.Row("r1").single->euclidean, 5 * right.Row("r1").single->euclidean);
  for (const char* behind : {"ab", "m", "y"}) {
    EXPECT_GT(wrong.Row(behind).entire->euclidean, 5 * right.Row(behind).entire->euclidean)
        << behind;
    EXPECT_EQ(wrong.Row(behind).single->euclidean, right.Row(behind).single->euclidean) << behind;
  }
}

}  // namespace
}  // namespace plumb::verify
