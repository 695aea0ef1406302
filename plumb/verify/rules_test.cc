// Every rule on numbers made for it: fires, and leaves the healthy case alone. What real networks
// give is in rules_models_test.cc.
#include "plumb/verify/rules.h"

#include <gtest/gtest.h>

#include <cmath>

namespace plumb::verify {
namespace {

using artifact::DecodeContract;
using artifact::Family;
using vision::Detection;

DecodeContract Yolov5() {
  DecodeContract contract;
  contract.family = Family::kYolov5;
  contract.classes = 80;
  return contract;
}

ScoreStatistics Scores(const std::vector<float>& scores) {
  ScoreStatistics s;
  for (const float score : scores) {
    s.Add(score, {}, 0.25f);
  }
  return s;
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

// A contract, what was seen, and what the rules say of it.
struct Case {
  DecodeContract decode = Yolov5();
  Observations seen;

  [[nodiscard]] RuleInput Input() const {
    RuleInput input;
    input.decode = &decode;
    input.seen = &seen;
    return input;
  }
};

Case Scored(const std::vector<float>& integer, bool with_float = true) {
  Case c;
  c.seen.samples = 1;
  c.seen.scores = Scores(integer);
  if (with_float) {
    c.seen.references = 1;
    c.seen.reference_scores = Scores(Healthy());
  }
  return c;
}

TEST(Rules, AHealthyNetworkFiresNone) {
  for (const bool with_float : {true, false}) {
    const Case c = Scored(Healthy(), with_float);
    for (const RuleResult& r : CheckRules(c.Input())) {
      EXPECT_FALSE(r.fired) << r.rule << ": " << r.finding;
      EXPECT_FALSE(r.finding.empty()) << r.rule;
    }
  }
}

// Sigmoid applied to probabilities: scores fall into [0.25, 0.534] and every cell passes.
TEST(Rules, S1AndS3ADoubleSigmoid) {
  std::vector<float> scores = Healthy();
  for (float& s : scores) {
    s = 1 / (1 + std::exp(-s)) / (1 + std::exp(-s));
  }
  for (const bool with_float : {true, false}) {
    const Case c = Scored(scores, with_float);
    EXPECT_TRUE(CheckCrowd(c.Input()).fired);
    EXPECT_TRUE(CheckCrowd(c.Input()).fails);
    EXPECT_TRUE(CheckDoubledScores(c.Input()).fired);
  }
}

// Many objects in small pictures: float has as many passing cells, so nothing is wrong.
TEST(Rules, S1ManyObjectsInFloatTooAreNoFault) {
  std::vector<float> scores = Healthy();
  for (size_t i = 0; i < 200; ++i) {
    scores[i] = 0.3f + 0.003f * static_cast<float>(i);
  }
  Case c = Scored(scores);
  EXPECT_TRUE(CheckCrowd(c.Input()).fired);
  EXPECT_FALSE(CheckCrowd(c.Input()).fails);
  c.seen.reference_scores = Scores(scores);
  EXPECT_FALSE(CheckCrowd(c.Input()).fired);
}

TEST(Rules, S2AMissingSigmoid) {
  std::vector<float> scores = Healthy();
  scores.push_back(3.5f);
  const Case c = Scored(scores);
  EXPECT_TRUE(CheckUnitScores(c.Input()).fired);
}

// Boxes in pixels and scores on one scale: a step of 2.5 rounds every score to zero.
TEST(Rules, S5ScoresRoundedToZero) {
  const std::vector<float> zeros(5000, 0.0f);
  EXPECT_TRUE(CheckLevels(Scored(zeros).Input()).fired);
  const RuleResult alone = CheckLevels(Scored(zeros, false).Input());
  EXPECT_FALSE(alone.applies) << "a picture without objects looks the same";
}

// Two levels, 0 and 1.134, need no float network.
TEST(Rules, S5TwoLevelsOfWhichOneIsAnObject) {
  std::vector<float> two(5000, 0.0f);
  two[7] = 1.134f;
  EXPECT_TRUE(CheckLevels(Scored(two, false).Input()).fired);
}

TEST(Rules, S7OverlapsAndOtherBoxes) {
  Case c;
  EXPECT_FALSE(CheckSuppression(c.Input()).applies);
  c.seen.boxes = 12;
  EXPECT_FALSE(CheckSuppression(c.Input()).fired);
  c.seen.overlapping = 1;
  EXPECT_TRUE(CheckSuppression(c.Input()).fired);
  c.seen.overlapping = 0;
  c.seen.unlike_reference_nms = 3;
  EXPECT_TRUE(CheckSuppression(c.Input()).fired);
}

TEST(Rules, S8AsManyBoxesAsTheCap) {
  Case c;
  c.seen.most_boxes = 299;
  EXPECT_FALSE(CheckCap(c.Input()).fired);
  c.seen.most_boxes = 300;
  c.seen.capped = 1;
  EXPECT_TRUE(CheckCap(c.Input()).fired);
  EXPECT_FALSE(CheckCap(c.Input()).fails);
}

TEST(Rules, S9BoxesInThePadding) {
  Case c;
  c.seen.pictures_with_padding = 2;
  c.seen.boxes = 40;
  c.seen.padded_boxes = 8;
  EXPECT_FALSE(CheckPlaces(c.Input()).fired) << "20 % is the limit";
  c.seen.padded_boxes = 9;
  EXPECT_TRUE(CheckPlaces(c.Input()).fired);
}

TEST(Rules, S9BoxesElsewhereThanFloats) {
  Case c;
  for (int i = 0; i < 12; ++i) {
    const auto x = static_cast<float>(i * 50);
    c.seen.centres.push_back({x + 3, 600 - x, x, 600 - x});
  }
  EXPECT_FALSE(CheckPlaces(c.Input()).fired);
  for (CentrePair& pair : c.seen.centres) {
    pair.y = static_cast<float>(static_cast<int>(pair.x) * 7 % 640);
  }
  EXPECT_TRUE(CheckPlaces(c.Input()).fired);
}

Case Paired(float shift, float iou, int count) {
  Case c;
  c.seen.references = 1;
  for (int i = 0; i < count; ++i) {
    c.seen.cells.push_back({shift + 0.001f * static_cast<float>(i % 3), iou});
  }
  return c;
}

TEST(Rules, S10AShiftOfAllScores) {
  EXPECT_FALSE(CheckScoreShift(Paired(-0.02f, 1, 40).Input()).fired);
  const RuleResult r = CheckScoreShift(Paired(-0.05f, 1, 40).Input());
  EXPECT_TRUE(r.fired);
  EXPECT_NE(r.fix.find("--score 0.20"), std::string::npos) << r.fix;
  EXPECT_FALSE(CheckScoreShift(Paired(-0.05f, 1, 19).Input()).applies);
}

TEST(Rules, S11BoxesAwayWhereScoresAgree) {
  EXPECT_FALSE(CheckBoxAgreement(Paired(0, 0.93f, 40).Input()).fired);
  const RuleResult warns = CheckBoxAgreement(Paired(0, 0.85f, 40).Input());
  EXPECT_TRUE(warns.fired && !warns.fails);
  const RuleResult fails = CheckBoxAgreement(Paired(0, 0.4f, 40).Input());
  EXPECT_TRUE(fails.fired && fails.fails);
  EXPECT_FALSE(CheckBoxAgreement(Paired(0.3f, 0.4f, 40).Input()).applies) << "scores do not agree";
}

Case WithOutput(std::vector<uint64_t> hashes, std::vector<uint64_t> reference) {
  Case c;
  c.decode.family = Family::kNone;
  c.seen.outputs.push_back({"y", 10, 0, 0, std::move(hashes), std::move(reference)});
  c.seen.input_hashes = {1, 2, 3};
  return c;
}

TEST(Rules, S12NotANumber) {
  Case c = WithOutput({5, 6, 7}, {});
  EXPECT_FALSE(CheckValues(c.Input()).fired);
  c.seen.outputs[0].not_finite = 1;
  EXPECT_TRUE(CheckValues(c.Input()).fired);
}

TEST(Rules, S12OneOfFewValuesIsNoShare) {
  const auto fired = [](double outside, Shape shape) {
    LayerReport layers;
    layers.layers.emplace_back();
    layers.layers[0].name = "pooled";
    layers.layers[0].outside = outside;
    artifact::Program program;
    program.AddTensor({"pooled", DType::kS8, std::move(shape), {{0.5F}, {0}, -1}, -1});
    Case c = WithOutput({5, 6, 7}, {});
    RuleInput input = c.Input();
    input.layers = &layers;
    input.program = &program;
    return CheckValues(input).fired;
  };
  EXPECT_FALSE(fired(1 / 96.0, {1, 96, 1, 1}));
  EXPECT_TRUE(fired(0.5, {1, 96, 1, 1}));
  EXPECT_TRUE(fired(1 / 96.0, {1, 96, 8, 8}));
}

TEST(Rules, S13AnotherOutputTheSecondTime) {
  Case c = WithOutput({5, 6, 7}, {});
  EXPECT_FALSE(CheckRepeats(c.Input()).applies);
  c.seen.repeats = 1;
  EXPECT_FALSE(CheckRepeats(c.Input()).fired);
  c.seen.unrepeatable = "y";
  EXPECT_TRUE(CheckRepeats(c.Input()).fired);
}

TEST(Rules, S14TheSameForEveryInput) {
  EXPECT_FALSE(CheckConstant(WithOutput({5, 6, 7}, {}).Input()).fired);
  const RuleResult r = CheckConstant(WithOutput({5, 5, 5}, {}).Input());
  EXPECT_TRUE(r.fired && r.fails);
  Case same_input = WithOutput({5, 5, 5}, {});
  same_input.seen.input_hashes = {1, 1, 1};
  EXPECT_FALSE(CheckConstant(same_input.Input()).applies);
  // One of two outputs stands still: no fault unless it varies in float.
  Case two = WithOutput({5, 6, 7}, {5, 6, 7});
  two.seen.outputs.push_back({"anchors", 4, 0, 0, {9, 9, 9}, {9, 9, 9}});
  EXPECT_FALSE(CheckConstant(two.Input()).fired);
  two.seen.outputs[1].reference_hashes = {1, 2, 3};
  EXPECT_TRUE(CheckConstant(two.Input()).fired);
}

Case Classified(const std::vector<int>& first, double entropy) {
  Case c;
  c.decode.family = Family::kClassifier;
  c.decode.classes = 10;
  for (size_t i = 0; i < first.size(); ++i) {
    c.seen.input_hashes.push_back(i);
    c.seen.classes.first.push_back(first[i]);
    c.seen.classes.entropies.push_back(entropy);
  }
  return c;
}

TEST(Rules, K1UndecidedAboutEverything) {
  const std::vector<int> first = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_FALSE(CheckEntropy(Classified(first, 0.7).Input()).fired);
  EXPECT_TRUE(CheckEntropy(Classified(first, std::log(10.0)).Input()).fired);
  EXPECT_FALSE(CheckEntropy(Classified({1, 2}, std::log(10.0)).Input()).applies);
}

TEST(Rules, K1FarSurerThanFloat) {
  Case c = Classified({1, 2, 3, 4, 5, 6, 7, 8}, 0.01);
  EXPECT_FALSE(CheckEntropy(c.Input()).fired) << "without float a sure network is no fault";
  c.seen.reference_classes.entropies.assign(8, 0.9);
  EXPECT_TRUE(CheckEntropy(c.Input()).fired);
}

TEST(Rules, K2OneClassForAll) {
  const std::vector<int> varied = {1, 2, 3, 4, 5, 6, 7, 8}, one(8, 3);
  EXPECT_FALSE(CheckFirstClasses(Classified(varied, 0.7).Input()).fired);
  Case c = Classified(one, 0.7);
  EXPECT_TRUE(CheckFirstClasses(c.Input()).fired);
  EXPECT_FALSE(CheckFirstClasses(c.Input()).fails) << "the pictures may be alike";
  c.seen.reference_classes.first = varied;
  EXPECT_TRUE(CheckFirstClasses(c.Input()).fails);
  c.seen.reference_classes.first = one;
  EXPECT_FALSE(CheckFirstClasses(c.Input()).fired);
}

TEST(Rules, K3MapsOfClasses) {
  Case c;
  c.decode.family = Family::kNone;
  EXPECT_FALSE(CheckClassMap(c.Input()).applies);
  c.seen.points = 100;
  c.seen.points_agree = 97;
  c.seen.areas = {{0, 80}, {3, 20}};
  c.seen.reference_areas = {{0, 82}, {3, 18}};
  EXPECT_FALSE(CheckClassMap(c.Input()).fired);
  c.seen.points_agree = 50;
  EXPECT_TRUE(CheckClassMap(c.Input()).fails);
}

TEST(ContentOf, RowsAndColumnsOfThePadValue) {
  artifact::PictureInput picture;
  picture.width = 6;
  picture.height = 4;
  picture.color = artifact::Color::kGray;
  picture.mean = {0};
  picture.std = {255};
  picture.pad = 114;
  std::vector<float> x(24, 114.0f / 255.0f);
  x[8] = 0.5f;
  x[15] = 0.25f;
  const Tensor tensor = Tensor::Of<float>({1, 1, 4, 6}, x);
  const auto content = ContentOf(tensor.view(), picture);
  ASSERT_TRUE(content.has_value());
  EXPECT_EQ(content->x1, 2);
  EXPECT_EQ(content->y1, 1);
  EXPECT_EQ(content->x2, 4);
  EXPECT_EQ(content->y2, 3);
  picture.resize = artifact::ResizeRule::kStretch;
  EXPECT_FALSE(ContentOf(tensor.view(), picture).has_value());
}

}  // namespace
}  // namespace plumb::verify
