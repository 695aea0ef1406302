#include "plumb/api/golden_vectors.h"

#include <gtest/gtest.h>

#include "plumb/api/selftest.h"

namespace plumb {
namespace {

TEST(SamplesByCoverage, CountsRangeEndsWithEveryValueAlike) {
  std::vector<quant::ValueStats> stats(3);  // the last one was not seen
  stats[0].channel_min_sample = {2};
  stats[0].channel_max_sample = {2};
  // Four channels: each of eight ends is an eighth.
  stats[1].channel_min_sample = {1, 1, 1, 1};
  stats[1].channel_max_sample = {1, 0, -1, 1};
  EXPECT_EQ(SamplesByCoverage(stats, 4), (std::vector<size_t>{2, 1, 0, 3}));
}

// y = x clipped, for an input with a picture contract and one without.
artifact::Artifact Clip(bool picture) {
  artifact::Artifact artifact;
  artifact::Program& program = artifact.program;
  const int32_t x = program.AddTensor({"x", DType::kF32, {1, 3, 8, 8}});
  const int32_t y = program.AddTensor({"y", DType::kF32, {1, 3, 8, 8}});
  program.records.push_back({"relu", 1, "positive", {x}, {y}});
  program.inputs = {{"x", x, DType::kF32}};
  program.outputs = {{"y", y, DType::kF32}};
  if (picture) {
    artifact::PictureInput input;
    input.width = input.height = 8;
    input.mean = {0, 0, 0};
    input.std = {255, 255, 255};
    artifact.io.pictures = {input};
  }
  return artifact;
}

GoldenRequest Request(const artifact::Artifact& artifact,
                      const std::vector<quant::ValueStats>& stats) {
  GoldenRequest request;
  request.artifact = &artifact;
  request.input_stats = stats;
  request.samples = {2, 0, 1};
  request.load = [](size_t sample) -> Result<std::vector<Tensor>> {
    Tensor tensor(DType::kF32, {1, 3, 8, 8});
    for (float& v : tensor.values<float>()) {
      v = static_cast<float>(sample) / 2;
    }
    return std::vector<Tensor>{tensor};
  };
  return request;
}

TEST(ChooseGoldenInputs, TakesPicturesWhereTheyAreAndNoiseElsewhere) {
  std::vector<quant::ValueStats> stats(1);
  stats[0].seen = true;
  stats[0].max = 1;
  const artifact::Artifact picture = Clip(true), plain = Clip(false);
  auto chosen = ChooseGoldenInputs(Request(picture, stats));
  ASSERT_TRUE(chosen.ok());
  ASSERT_EQ(chosen->size(), 3U);
  const auto first = artifact::DecodePicture((*chosen)[0][0].picture, 8, 8, 3);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->pixels[0], 255) << "sample 2 comes first";

  chosen = ChooseGoldenInputs(Request(plain, stats));
  ASSERT_TRUE(chosen.ok());
  ASSERT_EQ(chosen->size(), 1U) << "more noise covers no more";
  EXPECT_EQ((*chosen)[0][0].source, artifact::GoldenSource::kNoise);
  EXPECT_EQ((*chosen)[0][0].high, 1);

  stats[0].max = 7;  // no picture has this value
  chosen = ChooseGoldenInputs(Request(picture, stats));
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ((*chosen)[0][0].source, artifact::GoldenSource::kNoise);
}

TEST(MakeGolden, KeepsToItsBudgetAndPassesTheSelfTest) {
  std::vector<quant::ValueStats> stats(1);
  stats[0].seen = true;
  stats[0].max = 1;
  artifact::Artifact artifact = Clip(true);
  const auto chosen = ChooseGoldenInputs(Request(artifact, stats));
  ASSERT_TRUE(chosen.ok());
  const auto small = MakeGolden(artifact, *chosen, 1, 10);
  ASSERT_TRUE(small.ok());
  EXPECT_EQ(small->vectors.size(), 1U) << "one at least";
  const auto all = MakeGolden(artifact, *chosen, 2, kGoldenBudget);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->vectors.size(), 3U);
  EXPECT_EQ(all->vectors[0], small->vectors[0]);
  artifact.golden = *all;
  const auto shared = std::make_shared<const artifact::Artifact>(artifact);
  const auto answer = RunSelfTest(shared, {.threads = 2});
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_TRUE(answer->passed()) << SelfTestSummary(*answer);
  EXPECT_EQ(answer->vectors, 3U);
}

}  // namespace
}  // namespace plumb
