#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

constexpr std::string_view kNet = R"(
input %x: f32[1x3x8x8]
const %w: f32[4x3x3x3] = fill(0.1)
const %scale: f32[4] = {1, 2, 3, 4}
const %bias: f32[4] = {0, 1, 2, 3}
const %mean: f32[4] = {0.5, 0.5, 0.5, 0.5}
const %variance: f32[4] = {1, 1, 2, 2}
const %w2: f32[2x4x1x1] = fill(0.25)
%c: none[*] = conv(%x, %w) {layout = "nchw", pads = [1, 1, 1, 1]}
%n: none[*] = batch_norm(%c, %scale, %bias, %mean, %variance) {axis = 1, epsilon = 1e-5}
%s: none[*] = sigmoid(%n)
%m: none[*] = mul(%n, %s)
%i: none[*] = identity(%m)
%d: none[*] = conv(%i, %w2) {layout = "nchw"}
output "y" = %d
)";

TEST(Pipeline, ReachesTheCanonicalForm) {
  ir::Graph g = *ir::Parse(kNet);
  std::vector<std::string> seen;
  PipelineOptions options;
  options.observer = [&](const PassReport& report) {
    seen.emplace_back(report.name);
    EXPECT_GE(report.milliseconds, 0);
  };
  const Status status = RunPipeline(g, options);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(Ops(g), "transpose conv silu conv transpose") << ir::Print(g);
  EXPECT_EQ(seen.size(), Pipeline().size());
  EXPECT_EQ(g.outputs[0].name, "y");
  EXPECT_TRUE(g.FindValue("m").has_value());
}

TEST(Pipeline, EveryLevelComputesTheSame) {
  ir::Graph best = *ir::Parse(kNet);
  ASSERT_TRUE(RunPipeline(best).ok());
  for (int level : {0, 1, 2}) {
    ir::Graph g = *ir::Parse(kNet);
    PipelineOptions options;
    options.level = level;
    const Status status = RunPipeline(g, options);
    ASSERT_TRUE(status.ok()) << status.message();
    ExpectSameNumbers(g, best, 2e-6);  // folded weights, a few roundings
  }
}

TEST(Pipeline, PassesCanBeLeftOut) {
  ir::Graph g = *ir::Parse(kNet);
  PipelineOptions options;
  options.disabled = {"recognize_silu", "sink_transpose"};
  const Status status = RunPipeline(g, options);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(CountOp(g, "silu"), 0);
  EXPECT_GT(CountOp(g, "transpose"), 2);
}

TEST(Pipeline, UnknownAndMandatoryNamesAreUsageErrors) {
  ir::Graph g = *ir::Parse(kNet);
  PipelineOptions options;
  options.disabled = {"recognise_silu"};
  const Status unknown = RunPipeline(g, options);
  EXPECT_EQ(unknown.code(), Code::kUsage);
  EXPECT_NE(unknown.message().find("recognize_silu, "), std::string::npos) << unknown.message();
  options.disabled = {"infer_types"};
  EXPECT_EQ(RunPipeline(g, options).code(), Code::kUsage);
  options = {};
  options.level = 4;
  EXPECT_EQ(RunPipeline(g, options).code(), Code::kUsage);
}

TEST(Pipeline, AnErrorNamesThePass) {
  ir::Graph g = *ir::Parse("input %x: f32[2]\n%y: none[*] = frobnicate(%x)\noutput \"y\" = %y");
  const Status status = RunPipeline(g);
  EXPECT_EQ(status.code(), Code::kInvalidModel);
  EXPECT_EQ(status.message().find("pass infer_types: "), 0u) << status.message();
}

}  // namespace
}  // namespace plumb::passes
