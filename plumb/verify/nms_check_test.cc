#include "plumb/verify/nms_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "plumb/vision/nms.h"

namespace plumb::verify {
namespace {

using vision::Detection;

Detection Box(float x, float y, float side, float score, int label) {
  return {x, y, x + side, y + side, score, label, {}};
}

// A crowded scene: objects in rows that cover each other more or less, of any strength, each with
// candidates around it, some with a second opinion on the class; in an order that has nothing to do
// with the scores, as a decoder's.
std::vector<Detection> Crowd(uint32_t seed) {
  std::mt19937 random(seed);
  const auto unit = [&] { return static_cast<float>(random() % 10000) / 10000.0f; };
  std::vector<Detection> boxes;
  for (int row = 0; row < 5; ++row) {
    float x = 0;
    for (int object = 0; object < 8; ++object) {
      const float side = 60 + 40 * unit(), strength = 0.15f + 0.8f * unit();
      x += side * (0.1f + 0.8f * unit());  // overlaps of all sizes with the one before
      const int label = static_cast<int>(random() % 3), other = static_cast<int>(random() % 3);
      for (int i = 0; i < 6; ++i) {
        boxes.push_back(Box(x + 4 * unit() - 2, 120.0f * static_cast<float>(row) + 4 * unit() - 2,
                            side + 4 * unit() - 2, strength * (0.6f + 0.4f * unit()),
                            i % 3 == 2 ? other : label));
      }
    }
  }
  std::shuffle(boxes.begin(), boxes.end(), random);
  return boxes;
}

std::vector<Detection> Kept(const std::vector<Detection>& candidates, const NmsVariant& variant) {
  std::vector<Detection> kept;
  for (const size_t i : Suppress(candidates, variant)) {
    kept.push_back(candidates[i]);
  }
  return kept;
}

TEST(Suppress, AgreesWithTheDecodersOwnSuppression) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::vector<Detection> candidates = Crowd(seed);
    const NmsVariant aware{Suppression::kClassAware, 0.25f, 0.45f, false, 7};
    const NmsVariant agnostic{Suppression::kClassAgnostic, 0.25f, 0.45f, false, 300};
    const auto aware_kept = Kept(candidates, aware), agnostic_kept = Kept(candidates, agnostic);
    std::erase_if(candidates, [](const Detection& d) { return d.score < 0.25f; });
    EXPECT_EQ(aware_kept, vision::Nms(candidates, {0.45f, vision::NmsScope::kClassAware, 7}));
    EXPECT_EQ(agnostic_kept,
              vision::Nms(candidates, {0.45f, vision::NmsScope::kClassAgnostic, 300}));
  }
}

// Candidates in the decoder's order: scores 0.5, 0.9, 0.8, classes 0, 1, 0, all in one place. By
// falling score: 0.9 (class 1), 0.8 (0), 0.5 (0). Class 0 comes first, and the places whose unsorted
// class is 0 are the first and the third: the first place's box, 0.9, suppresses all.
TEST(Suppress, ClassesAtUnsortedPlaces) {
  const std::vector<Detection> candidates = {Box(0, 0, 100, 0.5f, 0), Box(0, 0, 100, 0.9f, 1),
                                             Box(0, 0, 100, 0.8f, 0)};
  NmsVariant variant{Suppression::kUnsortedClasses, 0.25f, 0.45f, false, 0};
  EXPECT_EQ(Suppress(candidates, variant), (std::vector<size_t>{1}));
  variant.suppression = Suppression::kClassAware;
  EXPECT_EQ(Suppress(candidates, variant), (std::vector<size_t>{1, 2}));
  // Classes 1, 0 instead: class 0's only place is the second, whose box (0.8) has nothing weaker to
  // suppress; then class 1's, the first, whose box (0.9) suppresses it.
  const std::vector<Detection> two = {Box(0, 0, 100, 0.8f, 1), Box(0, 0, 100, 0.9f, 0)};
  variant.suppression = Suppression::kUnsortedClasses;
  EXPECT_EQ(Suppress(two, variant), (std::vector<size_t>{1}));
}

// Two boxes side by side whose corners share a pixel's width: 10 wide, 5 of it common.
TEST(Suppress, PlusOnePixel) {
  const std::vector<Detection> candidates = {{0, 0, 10, 10, 0.9f, 0, {}},
                                             {5, 0, 15, 10, 0.8f, 0, {}}};
  NmsVariant variant{Suppression::kClassAware, 0.25f, 0.35f, false, 0};
  EXPECT_EQ(Suppress(candidates, variant).size(), 2u);  // 50 / 150
  variant.plus_one = true;
  EXPECT_EQ(Suppress(candidates, variant).size(), 1u);  // 66 / 176
}

std::vector<PictureBoxes> Scenes(const NmsVariant& theirs, int count) {
  std::vector<PictureBoxes> pictures;
  for (int i = 1; i <= count; ++i) {
    PictureBoxes picture;
    picture.candidates = Crowd(static_cast<uint32_t>(i));
    picture.theirs = Kept(picture.candidates, theirs);
    for (Detection& d : picture.theirs) {  // as written down: whole pixels, two digits
      d.x1 = std::round(d.x1);
      d.y1 = std::round(d.y1);
      d.x2 = std::round(d.x2);
      d.y2 = std::round(d.y2);
      d.score = std::round(100 * d.score) / 100;
    }
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

NmsExplanation Explain(const std::vector<PictureBoxes>& pictures) {
  artifact::DecodeContract contract;
  contract.family = artifact::Family::kYolov5;
  return ExplainSuppression(pictures, contract, {});
}

TEST(ExplainSuppression, NamesEachRule) {
  for (const NmsVariant& theirs :
       {NmsVariant{Suppression::kClassAgnostic, 0.25f, 0.45f, false, 300},
        NmsVariant{Suppression::kUnsortedClasses, 0.25f, 0.45f, false, 300},
        NmsVariant{Suppression::kClassAware, 0.5f, 0.6f, false, 300},
        NmsVariant{Suppression::kClassAware, 0.25f, 0.3f, false, 300},
        NmsVariant{Suppression::kUnsortedClasses, 0.5f, 0.4f, false, 300}}) {
    const NmsExplanation e = Explain(Scenes(theirs, 12));
    EXPECT_TRUE(e.tensors_agree) << e.sentence;
    EXPECT_TRUE(e.explained) << e.sentence;
    EXPECT_FALSE(e.same) << e.sentence;
    EXPECT_EQ(e.best.suppression, theirs.suppression) << e.sentence;
    EXPECT_EQ(e.best.score, theirs.score) << e.sentence;
    EXPECT_EQ(e.best.iou, theirs.iou) << e.sentence;
  }
}

// Where pictures do not tell two rules apart, both are named.
TEST(ExplainSuppression, RulesThatExplainAsMuch) {
  PictureBoxes picture;
  picture.candidates = {Box(0, 0, 100, 0.9f, 0), Box(5, 0, 100, 0.8f, 1), Box(3, 3, 100, 0.7f, 1),
                        Box(300, 0, 100, 0.9f, 2), Box(305, 0, 100, 0.8f, 3)};
  picture.theirs = {picture.candidates[0], picture.candidates[3]};
  const NmsExplanation e = Explain({picture});
  EXPECT_EQ(e.best.suppression, Suppression::kClassAgnostic);
  EXPECT_EQ(e.as_good, (std::vector<Suppression>{Suppression::kUnsortedClasses})) << e.sentence;
}

TEST(ExplainSuppression, ACapOfTheirs) {
  const NmsExplanation e = Explain(Scenes({Suppression::kClassAware, 0.25f, 0.45f, false, 10}, 6));
  EXPECT_EQ(e.best.cap, 10) << e.sentence;
  EXPECT_TRUE(e.explained && !e.same) << e.sentence;
}

TEST(ExplainSuppression, OurOwnRuleIsNoDifference) {
  const NmsExplanation e = Explain(Scenes({Suppression::kClassAware, 0.25f, 0.45f, false, 300}, 6));
  EXPECT_TRUE(e.same) << e.sentence;
  EXPECT_EQ(e.own_differ, 0) << e.sentence;
}

// Scores of another decoding: no suppression explains them.
TEST(ExplainSuppression, OtherTensorsAreSaidToBe) {
  std::vector<PictureBoxes> pictures = Scenes({}, 4);
  for (PictureBoxes& picture : pictures) {
    for (Detection& d : picture.theirs) {
      d.score = 0.25f + 0.28f * d.score;
    }
  }
  const NmsExplanation e = Explain(pictures);
  EXPECT_FALSE(e.tensors_agree) << e.sentence;
  EXPECT_FALSE(e.explained);
}

}  // namespace
}  // namespace plumb::verify
