#include "plumb/verify/program_mix.h"

#include <gtest/gtest.h>

#include <cmath>

#include "plumb/compile/compile.h"
#include "plumb/ir/text.h"
#include "plumb/runtime/session.h"
#include "plumb/verify/closeness.h"
#include "plumb/verify/program_diff.h"

namespace plumb::verify {
namespace {

using Made = std::shared_ptr<const artifact::Program>;

constexpr std::string_view kNet = R"(graph "net"
input %x: f32[1x6x6x2]
const %w1: f32[4x3x3x2] = fill(0.05)
const %b1: f32[4] = {0.1, -0.4, 0.2, 0}
%c1: f32[1x6x6x4] = conv(%x, %w1, %b1) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "c1"
%s1: f32[1x6x6x4] = silu(%c1) "s1"
const %w2: f32[4x1x1x4] = {1, 0.5, -0.25, 0.125, -1, 0.5, 0.25, 0.125, 1, -0.5, 0.25, 0.125, 1, 0.5, 0.25, -0.125}
%c2: f32[1x6x6x4] = conv(%s1, %w2, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c2"
%a: f32[1x6x6x4] = add(%c2, %s1) "a"
const %w3: f32[3x1x1x4] = {1, 2, 3, 4, -1, 2, -3, 4, 0.5, 0.25, 1, 1}
%c3: f32[1x6x6x3] = conv(%a, %w3, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c3"
%y: f32[1x6x6x3] = sigmoid(%c3) "y"
output "y" = %y
)";

Tensor Sample(size_t seed) {
  Tensor x(DType::kF32, {1, 6, 6, 2});
  for (size_t i = 0; i < 72; ++i) {
    x.values<float>()[i] = std::sin(static_cast<float>(i * (seed + 3))) * 2;
  }
  return x;
}

Made Compiled(const compile::CompileOptions& options) {
  const auto graph = ir::Parse(kNet);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  const quant::SampleSource samples{
      3, [](size_t i) -> Result<std::vector<Tensor>> { return std::vector<Tensor>{Sample(i)}; }};
  const auto compiled = compile::CompileInteger(*graph, samples, options);
  EXPECT_TRUE(compiled.ok()) << compiled.status().message();
  return compiled->program;
}

Made Compiled() { return Compiled(compile::CompileOptions()); }

std::vector<runtime::NamedTensor> RunOn(const Made& program) {
  const auto session = runtime::Session::Create(program, {});
  EXPECT_TRUE(session.ok()) << session.status().message();
  const runtime::NamedTensor input{"x", Sample(1)};
  auto outputs = runtime::RunNamed(**session, {&input, 1});
  EXPECT_TRUE(outputs.ok()) << outputs.status().message();
  return std::move(outputs).value();
}

std::vector<float> Values(const Tensor& tensor) {
  return {tensor.values<float>().begin(), tensor.values<float>().end()};
}
std::vector<float> OutputOf(const Made& program) { return Values(RunOn(program)[0].tensor); }

std::set<std::string> All(const ProgramPair& pair) {
  return {pair.differing().begin(), pair.differing().end()};
}

TEST(ProgramPair, OfTheSameProgramHasNoDifference) {
  const ProgramPair pair(Compiled(), Compiled());
  EXPECT_EQ(pair.why_not(), "");
  EXPECT_GT(pair.common(), 3U);
  EXPECT_TRUE(pair.differing().empty());
  EXPECT_TRUE(CompareParts(pair).parts.empty());
}

TEST(ProgramPair, OneSpoiledLayerIsTheOnlyDifference) {
  compile::CompileOptions spoiled;
  spoiled.quantize.scale_faults = {{"c2", 1.25f}};
  const Made a = Compiled(), b = Compiled(spoiled);
  const ProgramPair pair(a, b);
  ASSERT_EQ(pair.differing(), std::vector<std::string>{"a"});  // the sum is fused into c2
  const ProgramDiff diff = CompareParts(pair);
  ASSERT_EQ(diff.parts[0].constants.size(), 1U);
  EXPECT_EQ(diff.parts[0].constants[0].role, "multiplier");
  EXPECT_EQ(diff.parts[0].constants[0].changed, 4U);
  EXPECT_EQ(diff.grids, 0U);
  // No grid lies between: taking the part over makes the other program, to the bit.
  EXPECT_EQ(OutputOf(pair.With({"a"})), OutputOf(b));
  EXPECT_EQ(OutputOf(pair.With({})), OutputOf(a));
  EXPECT_NE(OutputOf(a), OutputOf(b));
}

TEST(ProgramPair, AllPartsMakeTheOtherProgram) {
  compile::CompileOptions other;
  other.quantize.grids.range.observer = quant::Observer::kMse;
  other.quantize.form = quant::FunctionForm::kFloat;
  other.quantize.grids.dense_channel_ratio = 16;
  const Made a = Compiled(), b = Compiled(other);
  const ProgramPair pair(a, b);
  ASSERT_GT(pair.differing().size(), 1U);
  EXPECT_EQ(OutputOf(pair.With(All(pair))), OutputOf(b));
  EXPECT_EQ(OutputOf(pair.With({})), OutputOf(a));
  for (const std::string& name : pair.differing()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(OutputOf(pair.With({name})).size(), 108U);
  }
}

TEST(ProgramPair, SideBySideTheFirstOfEachIsAsInA) {
  compile::CompileOptions wide;
  wide.quantize.grids.activations = DType::kS16;
  const Made a = Compiled(wide), b = Compiled();
  const ProgramPair pair(a, b);
  ASSERT_TRUE(All(pair).contains("a"));
  const auto apart = RunOn(pair.SideBySide(std::vector<std::string>{"s1", "a"}));
  ASSERT_EQ(apart.size(), 4U);
  EXPECT_EQ(apart[2].name, "a:a");
  Closeness closeness;
  closeness.Add(apart[2].tensor.values<float>(), apart[3].tensor.values<float>());
  EXPECT_GT(closeness.Sqnr(), 15);  // 8 bits of the same layer on the same inputs
  EXPECT_LT(closeness.Sqnr(), 70);
}

TEST(ProgramPair, AFloatProgramLendsItsLayersToo) {
  const auto graph = ir::Parse(kNet);
  const auto real = compile::CompileFloat(*graph);
  ASSERT_TRUE(real.ok());
  const Made a = Compiled();
  const ProgramPair pair(a, *real);
  ASSERT_EQ(pair.why_not(), "");
  EXPECT_EQ(OutputOf(pair.With(All(pair))), OutputOf(*real));
  const ProgramDiff diff = CompareParts(pair);
  EXPECT_FALSE(diff.parts.empty());
  for (const PartChange& part : diff.parts) {
    EXPECT_NE(part.Text(), "");
  }
}

TEST(ProgramPair, OtherInputsAreSaid) {
  const Made a = Compiled();
  auto other = std::make_shared<artifact::Program>(*a);
  other->inputs[0].name = "z";
  EXPECT_EQ(ProgramPair(a, other).why_not(),
            "their inputs are not the same: 'x' 1x6x6x2 and 'z' 1x6x6x2");
}

}  // namespace
}  // namespace plumb::verify
