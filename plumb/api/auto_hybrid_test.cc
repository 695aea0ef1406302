#include "plumb/api/auto_hybrid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "plumb/api/report_hybrid.h"
#include "plumb/ir/text.h"

namespace plumb {
namespace {

// Three layers and a head. The weights of "bad" are one large number among small ones, which 8 bits round to nothing, and what
// it makes is then taken apart again by weights that leave the large part out.
constexpr std::string_view kNet = R"(graph "net"
input %x: f32[1x6x6x2]
const %w1: f32[4x3x3x2] = fill(0.05)
%c1: f32[1x6x6x4] = conv(%x, %w1, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [1, 1, 1, 1], strides = [1, 1]} "c1"
const %w2: f32[4x1x1x4] = {300, 0.5, -0.25, 0.13, 300, 0.57, 0.25, 0.121, 300, -0.53, 0.25, 0.125, 300, 0.5, 0.25, -0.125}
%bad: f32[1x6x6x4] = conv(%c1, %w2, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "bad"
const %w3: f32[4x1x1x4] = {1, -1, 0.01, -0.01, 0.01, 1, -1, -0.01, 1, -0.5, -0.5, 0, 1, 0, 0, -1}
%c3: f32[1x6x6x4] = conv(%bad, %w3, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "c3"
const %w4: f32[3x1x1x4] = {1, 0.5, -0.25, 0.13, 0.57, 0.25, 0.121, -0.53, 0.25, 0.125, 1, 0.5}
%head: f32[1x6x6x3] = conv(%c3, %w4, _) {dilations = [1, 1], groups = 1, layout = "nhwc", pads = [0, 0, 0, 0], strides = [1, 1]} "head"
%y: f32[1x6x6x3] = exp(%head) "y"
output "y" = %y
)";

std::vector<std::vector<Tensor>> Samples() {
  std::vector<std::vector<Tensor>> samples(4);
  for (size_t s = 0; s < samples.size(); ++s) {
    Tensor x(DType::kF32, {1, 6, 6, 2});
    for (size_t i = 0; i < 72; ++i) {
      x.values<float>()[i] = std::sin(static_cast<float>(i * (s + 3))) * 2;
    }
    samples[s].push_back(std::move(x));
  }
  return samples;
}

struct Found {
  AutoHybrid search;
  std::map<std::string, quant::LayerType> types;
};

Found Find(const std::string& target, int threads = 1) {
  const auto graph = ir::Parse(kNet);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  const std::vector<std::vector<Tensor>> samples = Samples();
  const quant::SampleSource source{
      samples.size(), [&](size_t i) -> Result<std::vector<Tensor>> { return samples[i]; }};
  AutoHybridRequest request;
  request.options.threads = threads;
  auto compiled = compile::CompileInteger(*graph, source, request.options);
  EXPECT_TRUE(compiled.ok()) << compiled.status().message();
  const compile::NamedStats stats = compile::AllStatsOf(*compiled);
  request.target = *AutoHybridTargetFromText(target);
  request.graph = &*graph;
  request.stats = &stats;
  request.samples = samples;
  Found found;
  auto search = FindHybrid(request, *compiled, found.types);
  EXPECT_TRUE(search.ok()) << search.status().message();
  found.search = std::move(search).value();
  return found;
}

TEST(AutoHybrid, ALayerBelowTheCosineOrBeyondTheDistanceIsPromoted) {
  const auto promoted = [](const std::string& target) {
    const Found found = Find(target);
    EXPECT_TRUE(found.search.met) << target;
    std::set<std::string> layers;
    for (const auto& [name, type] : found.types) {
      layers.insert(name);
    }
    return layers;
  };
  const std::set<std::string> none, all = promoted("layer-cosine=1");
  EXPECT_EQ(all.size(), Find("sqnr=-100").search.layers);
  EXPECT_EQ(promoted("layer-euclidean=1e9"), none);
  EXPECT_EQ(promoted("layer-euclidean=1e-9"), all);
  // "bad" makes numbers some hundred times as large as those of c1, and so are its steps.
  const std::set<std::string> far = promoted("layer-euclidean=1");
  EXPECT_TRUE(far.contains("bad") && !far.contains("c1"));
  // Either of the two is enough.
  const std::set<std::string> turned = promoted("layer-cosine=0.9999");
  std::set<std::string> either = far;
  either.insert(turned.begin(), turned.end());
  EXPECT_EQ(promoted("layer-cosine=0.9999,layer-euclidean=1"), either);
}

TEST(AutoHybrid, TheReportHasEveryPointOfTheCurve) {
  const AutoHybrid search = Find("sqnr=100").search;
  const report::Section section = HybridSection(search);
  ASSERT_EQ(section.blocks.size(), 2U);
  const auto& chart = std::get<report::Chart>(section.blocks[0]);
  const auto& table = std::get<report::Table>(section.blocks[1]);
  ASSERT_GT(search.curve.size(), 2U);
  ASSERT_EQ(table.rows.size(), search.curve.size());
  ASSERT_EQ(chart.series.at(0).values.size(), search.curve.size());
  double layers = 0;
  for (size_t i = 0; i < search.curve.size(); ++i) {
    layers += static_cast<double>(search.curve[i].layers.size());
    EXPECT_EQ(table.rows[i].cells.at(0).value, layers);
    EXPECT_EQ(chart.series[0].values[i], search.curve[i].sqnr);
  }
  EXPECT_NE(section.lead.find(search.met ? "sqnr=100:" : "sqnr=100 (not met):"), std::string::npos);
}

TEST(AutoHybrid, TargetsAsText) {
  for (const char* text : {"sqnr=35", "cosine=0.999", "layer-cosine=0.98", "layer-euclidean=2.5",
                           "layer-cosine=0.98,layer-euclidean=2.5"}) {
    EXPECT_EQ(AutoHybridTargetText(*AutoHybridTargetFromText(text)), text);
  }
  EXPECT_EQ(AutoHybridTargetText(*AutoHybridTargetFromText("layer-euclidean=2,layer-cosine=0.9")),
            "layer-cosine=0.9,layer-euclidean=2");
  for (const char* text : {"", "better", "sqnr", "sqnr=", "cosine=2", "layer-euclidean=0",
                           "layer-euclidean=inf", "sqnr=35,cosine=0.9", "sqnr=35,layer-cosine=0.9",
                           "layer-cosine=0.9,sqnr=3", "layer-cosine=0.9,layer-cosine=0.8", ","}) {
    EXPECT_EQ(AutoHybridTargetFromText(text).status().code(), Code::kUsage) << text;
  }
}

TEST(AutoHybrid, PromotesTheWorstLayerFirstAndStopsAtTheTarget) {
  const double plain = Find("sqnr=-100").search.curve[0].sqnr;
  const Found found = Find(StrCat("sqnr=", static_cast<int>(plain) + 6));
  EXPECT_TRUE(found.search.met);
  ASSERT_GE(found.search.curve.size(), 2U);
  EXPECT_TRUE(found.search.curve[0].layers.empty());
  EXPECT_EQ(found.search.curve[0].macs_16, 0);
  EXPECT_EQ(found.search.curve[1].layers, std::vector<std::string>{"bad"});
  EXPECT_GT(found.search.curve[1].share, 0.5);
  EXPECT_GE(found.search.curve.back().sqnr, plain + 5);
  EXPECT_LT(found.types.size(), found.search.layers);
  EXPECT_GT(found.search.curve.back().macs_16, 0);
  EXPECT_GT(found.search.curve.back().bytes, found.search.curve[0].bytes);
}

TEST(AutoHybrid, AnUnreachableTargetPromotesEveryLayerAndSaysSo) {
  const Found found = Find("sqnr=190");
  EXPECT_FALSE(found.search.met);
  EXPECT_EQ(found.search.layers, 4U);
  EXPECT_EQ(found.types.size(), 4U);
  EXPECT_EQ(found.search.curve.back().macs_16, found.search.curve.back().macs);
}

TEST(AutoHybrid, AMetTargetChangesNothing) {
  const Found found = Find("cosine=0.01");
  EXPECT_TRUE(found.search.met);
  EXPECT_TRUE(found.types.empty());
  EXPECT_EQ(found.search.curve.size(), 1U);
}

TEST(AutoHybrid, LayersBelowACosineAreTakenAtOnce) {
  const Found none = Find("layer-cosine=0.01"), all = Find("layer-cosine=1");
  EXPECT_TRUE(none.types.empty());
  EXPECT_TRUE(all.types.contains("bad"));
  EXPECT_EQ(all.search.curve.size(), 2U);
}

TEST(AutoHybrid, TheSearchDoesNotDependOnThreads) {
  const Found one = Find("sqnr=60", 1), three = Find("sqnr=60", 3);
  EXPECT_EQ(one.types, three.types);
  ASSERT_EQ(one.search.curve.size(), three.search.curve.size());
  for (size_t i = 0; i < one.search.curve.size(); ++i) {
    EXPECT_EQ(one.search.curve[i].sqnr, three.search.curve[i].sqnr);
    EXPECT_EQ(one.search.curve[i].share, three.search.curve[i].share);
  }
}

TEST(AutoHybrid, TargetsAreReadBack) {
  for (const char* text : {"sqnr=35", "cosine=0.999", "layer-cosine=0.98"}) {
    const auto target = AutoHybridTargetFromText(text);
    ASSERT_TRUE(target.ok());
    EXPECT_EQ(AutoHybridTargetText(*target), text);
  }
  for (const char* text : {"", "sqnr", "sqnr=", "sqnr=x", "cosine=1.5", "cosine=0", "best=1"}) {
    EXPECT_EQ(AutoHybridTargetFromText(text).status().code(), Code::kUsage) << text;
  }
}

}  // namespace
}  // namespace plumb
