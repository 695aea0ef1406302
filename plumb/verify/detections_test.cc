#include "plumb/verify/detections.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace plumb::verify
