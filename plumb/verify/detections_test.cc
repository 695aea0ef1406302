#include "plumb/verify/detections.h"

#include <gtest/gtest.h>

#include <cmath>

namespace plumb::verify {
namespace {

using vision::Detection;

Detection Box(float x, float y, float side, float score, int label) {
  return {x, y, x + side, y + side, score, label, {}};
}

TEST(CountMatches, ClassScoreAndOverlapDecide) {
  const std::vector<Detection> reference = {Box(0, 0, 100, 0.9f, 1), Box(200, 0, 100, 0.8f, 1),
                                            Box(400, 0, 100, 0.5f, 2), Box(600, 0, 100, 0.39f, 2)};
  const std::vector<Detection> other = {Box(2, 0, 100, 0.85f, 1), Box(200, 0, 100, 0.24f, 1),
                                        Box(400, 0, 100, 0.5f, 3)};
  MatchCount count;
  CountMatches(reference, other, {}, count);
  EXPECT_EQ(count.expected, 3);  // the last is below the float score
  EXPECT_EQ(count.matched, 1);   // the second is too weak, the third of another class
  EXPECT_NEAR(count.MedianShift(), 0.05, 1e-6);
}

TEST(CountMatches, ABoxIsTakenOnce) {
  const std::vector<Detection> reference = {Box(0, 0, 100, 0.9f, 1), Box(1, 0, 100, 0.8f, 1)};
  MatchCount count;
  CountMatches(reference, std::vector<Detection>{Box(0, 0, 100, 0.9f, 1)}, {}, count);
  EXPECT_EQ(count.matched, 1);
}

ScoreStatistics Scores(const std::vector<float>& scores) {
  ScoreStatistics s;
  for (float score : scores) {
    s.Add(score);
    s.passing += score >= 0.25f;
  }
  return s;
}

bool Fired(const std::vector<RuleResult>& results, std::string_view rule) {
  for (const RuleResult& r : results) {
    if (r.rule == rule) {
      return r.fired;
    }
  }
  ADD_FAILURE() << "no rule " << rule;
  return false;
}

// Mostly background, a few objects: what a healthy network gives.
std::vector<float> Healthy() {
  std::vector<float> scores;
  for (int i = 0; i < 5000; ++i) {
    scores.push_back(0.0001f * static_cast<float>(i % 100));
  }
  for (int i = 0; i < 25; ++i) {
    scores.push_back(0.3f + 0.02f * static_cast<float>(i));
  }
  return scores;
}

std::vector<RuleResult> Check(const std::vector<float>& integer) {
  return CheckScores({}, Scores(Healthy()), Scores(integer), {});
}

TEST(SanityRules, AHealthyNetworkFiresNone) {
  for (const RuleResult& r : Check(Healthy())) {
    EXPECT_FALSE(r.fired) << r.rule << ": " << r.finding;
  }
}

// Sigmoid applied to probabilities: scores fall into [0.25, 0.534] and every cell passes.
TEST(SanityRules, S1AndS3ADoubleSigmoid) {
  std::vector<float> scores = Healthy();
  for (float& s : scores) {
    s = 1 / (1 + std::exp(-s)) / (1 + std::exp(-s));
  }
  const auto results = Check(scores);
  EXPECT_TRUE(Fired(results, "S1"));
  EXPECT_TRUE(Fired(results, "S3"));
}

// Many objects in small pictures: float has as many passing cells, so nothing is wrong.
TEST(SanityRules, S1ManyObjectsInFloatTooAreNoFault) {
  std::vector<float> scores = Healthy();
  for (size_t i = 0; i < 200; ++i) {
    scores[i] = 0.3f + 0.003f * static_cast<float>(i);
  }
  EXPECT_FALSE(Fired(CheckScores({}, Scores(scores), Scores(scores), {}), "S1"));
  EXPECT_TRUE(Fired(Check(scores), "S1"));
}

TEST(SanityRules, S2AMissingSigmoid) {
  std::vector<float> scores = Healthy();
  scores.push_back(3.5f);
  EXPECT_TRUE(Fired(Check(scores), "S2"));
}

// Boxes in pixels and scores on one scale: a step of 2.5 rounds every score to zero.
TEST(SanityRules, S5ScoresRoundedToZero) {
  EXPECT_TRUE(Fired(Check(std::vector<float>(5000, 0.0f)), "S5"));
}

}  // namespace
}  // namespace plumb::verify
