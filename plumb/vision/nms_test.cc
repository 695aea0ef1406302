#include "plumb/vision/nms.h"

#include <gtest/gtest.h>

namespace plumb::vision {
namespace {

TEST(Nms, IouOfContinuousBoxes) {
  EXPECT_EQ(Iou({0, 0, 2, 2}, {1, 0, 3, 2}), 2.0F / 6.0F);
  EXPECT_EQ(Iou({0, 0, 1, 1}, {1, 0, 2, 1}), 0.0F);  // touching
  EXPECT_EQ(Iou({0, 0, 0, 0}, {0, 0, 0, 0}), 0.0F);  // empty
}

std::vector<float> Scores(const std::vector<Detection>& d) {
  std::vector<float> s;
  for (const Detection& x : d) {
    s.push_back(x.score);
  }
  return s;
}

TEST(Nms, ClassAwareAndAgnostic) {
  const std::vector<Detection> c = {{0, 0, 10, 10, 0.5F, 0, {}},
                                    {1, 0, 11, 10, 0.9F, 0, {}},
                                    {0, 0, 10, 10, 0.7F, 1, {}},
                                    {50, 50, 60, 60, 0.3F, 0, {}}};
  EXPECT_EQ(Scores(Nms(c, {.iou_threshold = 0.45F})), (std::vector<float>{0.9F, 0.7F, 0.3F}));
  EXPECT_EQ(Scores(Nms(c, {.iou_threshold = 0.45F, .scope = NmsScope::kClassAgnostic})),
            (std::vector<float>{0.9F, 0.3F}));
}

TEST(Nms, TheThresholdItselfDoesNotSuppress) {
  const std::vector<Detection> c = {{0, 0, 2, 1, 0.9F, 0, {}}, {1, 0, 3, 1, 0.8F, 0, {}}};
  EXPECT_EQ(Nms(c, {.iou_threshold = 1.0F / 3.0F}).size(), 2u);
  EXPECT_EQ(Nms(c, {.iou_threshold = 0.33F}).size(), 1u);
}

TEST(Nms, EqualScoresKeepTheFirst) {
  const auto kept = Nms({{0, 0, 10, 10, 0.5F, 0, {1}}, {0, 0, 10, 10, 0.5F, 0, {2}}}, {});
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].keypoints, std::vector<float>{1});
}

TEST(Nms, ASuppressedBoxSuppressesNothing) {
  // b overlaps a and c, a and c do not overlap: c survives because b is gone.
  const auto kept =
      Nms({{0, 0, 10, 1, 0.9F, 0, {}}, {4, 0, 14, 1, 0.8F, 0, {}}, {8, 0, 18, 1, 0.7F, 0, {}}},
          {.iou_threshold = 0.4F});
  EXPECT_EQ(Scores(kept), (std::vector<float>{0.9F, 0.7F}));
}

TEST(Nms, Cap) {
  std::vector<Detection> c;
  for (int i = 0; i < 10; ++i) {
    c.push_back({20.0F * static_cast<float>(i),
                 0,
                 20.0F * static_cast<float>(i) + 10,
                 10,
                 static_cast<float>(i) / 10,
                 0,
                 {}});
  }
  EXPECT_EQ(Scores(Nms(c, {.max_detections = 2})), (std::vector<float>{0.9F, 0.8F}));
  EXPECT_TRUE(Nms({}, {}).empty());
}

}  // namespace
}  // namespace plumb::vision
