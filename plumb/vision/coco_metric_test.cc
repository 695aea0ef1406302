#include "plumb/vision/coco_metric.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "plumb/vision/coco_names.h"
#include "plumb/vision/coco_results.h"

namespace plumb::vision {
namespace {

CocoScores ScoresOf(const std::vector<int64_t>& images, const std::vector<CocoTruth>& truths,
                    const std::vector<CocoFound>& found) {
  auto metric = CocoMetric::Make(images, truths, found);
  EXPECT_TRUE(metric.ok());
  return metric->Scores();
}

TEST(CocoMetric, OneBoxFound) {
  const std::vector<CocoTruth> truth = {{1, 7, {0, 0, 10, 10}}};
  EXPECT_NEAR(ScoresOf({1}, truth, {{1, 7, {0, 0, 10, 10}, 0.5}}).ap, 1, 1e-12);
  // IoU 0.8 passes the thresholds 0.50 to 0.80: 7 of 10.
  const CocoScores s = ScoresOf({1}, truth, {{1, 7, {0, 0, 10, 8}, 0.5}});
  EXPECT_NEAR(s.ap, 0.7, 1e-12);
  EXPECT_NEAR(s.ap50, 1, 1e-12);
  EXPECT_EQ(ScoresOf({1}, truth, {}).ap, 0);
  EXPECT_EQ(ScoresOf({1}, truth, {{1, 8, {0, 0, 10, 10}, 0.5}}).ap, 0);  // another category
  EXPECT_EQ(ScoresOf({1}, {}, {{1, 8, {0, 0, 10, 10}, 0.5}}).ap, -1);    // nothing to find
}

TEST(CocoMetric, AFalsePositiveAboveHalvesPrecision) {
  const std::vector<CocoTruth> truth = {{1, 1, {0, 0, 10, 10}}, {2, 1, {0, 0, 10, 10}}};
  // By score: hit, miss, hit. Precision 1 up to recall 0.5 (51 of 101 points), then 2/3 (50
  // points).
  const CocoScores s = ScoresOf(
      {1, 2}, truth,
      {{1, 1, {0, 0, 10, 10}, 0.9}, {1, 1, {50, 50, 10, 10}, 0.8}, {2, 1, {0, 0, 10, 10}, 0.7}});
  EXPECT_NEAR(s.ap50, (51 + 50 * 2.0 / 3.0) / 101, 1e-12);
}

TEST(CocoMetric, CrowdsNeitherHelpNorHurt) {
  const std::vector<CocoTruth> truth = {{1, 1, {0, 0, 10, 10}}, {1, 1, {20, 20, 100, 100}, true}};
  // Two in the crowd (each wholly inside) and above the hit: ignored.
  EXPECT_NEAR(ScoresOf({1}, truth,
                       {{1, 1, {30, 30, 10, 10}, 0.9},
                        {1, 1, {60, 60, 10, 10}, 0.8},
                        {1, 1, {0, 0, 10, 10}, 0.7}})
                  .ap,
              1, 1e-12);
}

TEST(CocoMetric, TwoBoxesOnOneObjectCountOnce) {
  const std::vector<CocoTruth> truth = {{1, 1, {0, 0, 10, 10}}, {1, 1, {50, 0, 10, 10}}};
  const CocoScores s =
      ScoresOf({1}, truth, {{1, 1, {0, 0, 10, 10}, 0.9}, {1, 1, {0, 0, 10, 10}, 0.8}});
  EXPECT_NEAR(s.ap50, 51.0 / 101, 1e-12);  // recall 0.5 at precision 1
}

TEST(CocoMetric, UnknownPictureIsNamed) {
  const Status s =
      CocoMetric::Make(std::vector<int64_t>{1}, {}, std::vector<CocoFound>{{9, 1, {}, 0.5}})
          .status();
  EXPECT_EQ(s.code(), Code::kUsage);
  EXPECT_NE(s.message().find("image id 9"), std::string::npos);
}

// A made-up set: 20 pictures, 4 categories, boxes shifted by chance, crowds, false ones, equal
// scores, more than 100 detections in one picture.
struct Set {
  std::vector<int64_t> images;
  std::vector<CocoTruth> truths;
  std::vector<CocoFound> found;
};

Set MadeUp() {
  uint32_t state = 12345;
  auto next = [&](uint32_t below) {  // a linear congruential generator, the same everywhere
    state = state * 1664525U + 1013904223U;
    return static_cast<double>((state >> 8) % below);
  };
  Set set;
  for (int64_t image = 1; image <= 20; ++image) {
    set.images.push_back(image * 3);
    const int objects = image == 5 ? 0 : 3 + static_cast<int>(next(6));
    for (int k = 0; k < objects; ++k) {
      const int32_t category = 1 + static_cast<int32_t>(next(4));
      const std::array<double, 4> box = {next(300), next(200), 10 + next(150), 10 + next(150)};
      set.truths.push_back({image * 3, category, box, next(10) == 0});
      for (int n = static_cast<int>(next(3)); n > 0; --n) {
        const std::array<double, 4> near = {box[0] + next(9) - 4, box[1] + next(9) - 4,
                                            box[2] + next(13) - 6, box[3] + next(13) - 6};
        set.found.push_back({image * 3, next(8) == 0 ? 2 : category, near, next(20) / 20});
      }
    }
    const int strays = image == 7 ? 130 : 2;
    for (int k = 0; k < strays; ++k) {
      set.found.push_back({image * 3,
                           1 + static_cast<int32_t>(next(4) * (image == 7 ? 0 : 1)),
                           {next(300), next(200), 10 + next(90), 10 + next(90)},
                           next(20) / 20});
    }
  }
  return set;
}

// By pycocotools 2.0 on the same set (testdata/coco_reference.py prints them).
constexpr double kReferenceAp = 0.23331459187896017, kReferenceAp50 = 0.33814651877200658;

TEST(CocoMetric, TheMadeUpSetHasItsStoredScores) {
  const Set set = MadeUp();
  const CocoScores s = ScoresOf(set.images, set.truths, set.found);
  EXPECT_NEAR(s.ap, kReferenceAp, 1e-12);
  EXPECT_NEAR(s.ap50, kReferenceAp50, 1e-12);
}

TEST(CocoMetric, AgreesWithPycocotools) {
  const char* given = std::getenv("PLUMB_JUDGE_PYTHON");
  const std::string python = given != nullptr ? given : "python3";
  if (std::system((python + " -c 'import pycocotools' 2>/dev/null").c_str()) != 0) {
    GTEST_SKIP() << "no Python with pycocotools here (PLUMB_JUDGE_PYTHON names one); the stored "
                    "scores are checked";
  }
  const Set set = MadeUp();
  const auto folder = std::filesystem::temp_directory_path() / "plumb_coco_metric_test";
  std::filesystem::create_directories(folder);
  auto box = [](const std::array<double, 4>& b) {
    return StrCat("[", b[0], ",", b[1], ",", b[2], ",", b[3], "]");
  };
  {
    std::ofstream truth(folder / "truth.json"), results(folder / "results.json");
    truth << "{\"info\":{},\"images\":[";
    for (size_t i = 0; i < set.images.size(); ++i) {
      truth << (i > 0 ? "," : "") << "{\"id\":" << set.images[i] << "}";
    }
    truth << "],\"categories\":[{\"id\":1},{\"id\":2},{\"id\":3},{\"id\":4}],\"annotations\":[";
    for (size_t i = 0; i < set.truths.size(); ++i) {
      const CocoTruth& t = set.truths[i];
      truth << (i > 0 ? "," : "") << "{\"id\":" << i + 1 << ",\"image_id\":" << t.image
            << ",\"category_id\":" << t.category << ",\"bbox\":" << box(t.box)
            << ",\"area\":" << t.box[2] * t.box[3] << ",\"iscrowd\":" << t.crowd << "}";
    }
    truth << "]}";
    results << "[";
    for (size_t i = 0; i < set.found.size(); ++i) {
      const CocoFound& f = set.found[i];
      results << (i > 0 ? "," : "") << "{\"image_id\":" << f.image
              << ",\"category_id\":" << f.category << ",\"bbox\":" << box(f.box)
              << ",\"score\":" << f.score << "}";
    }
    results << "]";
  }
  const std::string script =
      std::string(PLUMB_SOURCE_DIR) + "/plumb/vision/testdata/coco_reference.py";
  std::FILE* pipe = ::popen((python + " " + script + " " + (folder / "truth.json").string() + " " +
                             (folder / "results.json").string())
                                .c_str(),
                            "r");
  ASSERT_NE(pipe, nullptr);
  double ap = -2, ap50 = -2;
  EXPECT_EQ(std::fscanf(pipe, "%lf %lf", &ap, &ap50), 2);
  EXPECT_EQ(::pclose(pipe), 0);
  const CocoScores s = ScoresOf(set.images, set.truths, set.found);
  EXPECT_NEAR(s.ap, ap, 1e-12);
  EXPECT_NEAR(s.ap50, ap50, 1e-12);
  EXPECT_NEAR(kReferenceAp, ap, 1e-12) << "the stored scores: " << StrCat(ap) << " " << ap50;
  EXPECT_NEAR(kReferenceAp50, ap50, 1e-12);
  std::filesystem::remove_all(folder);
}

TEST(CocoMetric, BootstrapIsRepeatableAndHoldsTheScore) {
  const Set set = MadeUp();
  auto metric = CocoMetric::Make(set.images, set.truths, set.found);
  ASSERT_TRUE(metric.ok());
  const CocoInterval a = metric->Bootstrap(1, 400), b = metric->Bootstrap(1, 400),
                     c = metric->Bootstrap(2, 400);
  EXPECT_EQ(a.low.ap, b.low.ap);
  EXPECT_EQ(a.high.ap50, b.high.ap50);
  EXPECT_NE(a.low.ap, c.low.ap);
  EXPECT_LT(a.low.ap, metric->Scores().ap);
  EXPECT_GT(a.high.ap, metric->Scores().ap);
  EXPECT_LT(metric->Bootstrap(1, 400, 0.5).high.ap,
            a.high.ap);  // a smaller level, a narrower interval
}

TEST(CocoMetric, TheDifferenceOfAResultToItselfIsNothing) {
  Set set = MadeUp();
  const auto a = CocoMetric::Make(set.images, set.truths, set.found);
  set.found.resize(set.found.size() / 2);
  const auto b = CocoMetric::Make(set.images, set.truths, set.found);
  const CocoInterval same = CocoMetric::BootstrapDifference(*a, *a, 1, 50);
  EXPECT_EQ(same.low.ap, 0);
  EXPECT_EQ(same.high.ap50, 0);
  EXPECT_GT(CocoMetric::BootstrapDifference(*a, *b, 1, 200).low.ap,
            0);  // half the boxes are missing
}

TEST(CocoMetric, DrawingEveryPictureTwiceChangesNothing) {
  // What Bootstrap rests on: copies of a picture count as the picture with weight 2.
  Set set = MadeUp();
  const CocoScores once = ScoresOf(set.images, set.truths, set.found);
  const Set copy = set;
  for (const int64_t id : copy.images) set.images.push_back(id + 1000);
  for (CocoTruth t : copy.truths) {
    t.image += 1000;
    set.truths.push_back(t);
  }
  for (CocoFound f : copy.found) {
    f.image += 1000;
    set.found.push_back(f);
  }
  EXPECT_NEAR(ScoresOf(set.images, set.truths, set.found).ap, once.ap, 1e-2);
}

TEST(CocoNames, IdsHaveGaps) {
  EXPECT_EQ(CocoId(0), 1);
  EXPECT_EQ(CocoName(0), "person");
  EXPECT_EQ(CocoId(11), 13);  // 12 does not exist
  EXPECT_EQ(CocoName(79), "toothbrush");
  EXPECT_EQ(CocoId(79), 90);
  EXPECT_EQ(CocoIndex(12), -1);
  for (int i = 0; i < kCocoClasses; ++i) {
    EXPECT_EQ(CocoIndex(CocoId(i)), i);
  }
  EXPECT_EQ(CategoryId(11, 80), 13);
  EXPECT_EQ(CategoryId(0, 1), 1);
}

TEST(CocoResults, Json) {
  EXPECT_EQ(CocoResultsJson({}), "[]");
  const std::vector<CocoResult> results = {
      {"a \"b\".jpg", 42, 1, {10, 20, 30.5F, 40, 0.83F, 0, {}}}};
  EXPECT_EQ(CocoResultsJson(results),
            "[\n{\"image_id\": 42, \"file_name\": \"a \\\"b\\\".jpg\", \"category_id\": 1, "
            "\"bbox\": [10, 20, 20.5, 20], \"score\": 0.83}\n]");
}

}  // namespace
}  // namespace plumb::vision
