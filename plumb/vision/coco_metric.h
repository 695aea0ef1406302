// Average precision as the COCO evaluation defines it (area "all").
//
// For every category and picture, detections by falling score (equal ones in the order given), at
// most 100, are matched to the free ground truth box of highest IoU at or above each of the
// thresholds 0.50, 0.55, ... 0.95; boxes that are not crowds come first, a crowd may be matched
// many times, with intersection over the detection's own area, and what matches a crowd counts
// neither for nor against. Precision is made falling and read at the recalls 0, 0.01, ... 1; AP is
// the mean over thresholds, recalls and the categories that occur. Pictures are taken in the order
// of their ids. Binary64 throughout; the same operations in the same order as the public reference,
// so the numbers agree.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "plumb/base/status.h"

namespace plumb::vision {

struct CocoTruth {
  int64_t image = 0;
  int32_t category = 0;
  std::array<double, 4> box = {};  // x, y, width, height in pixels
  bool crowd = false;
};

struct CocoFound {
  int64_t image = 0;
  int32_t category = 0;
  std::array<double, 4> box = {};
  double score = 0;
};

struct CocoScores {
  double ap = 0;    // mean over the ten thresholds, 0..1; -1 when no category occurs
  double ap50 = 0;  // at IoU 0.50
};

struct CocoInterval {
  CocoScores low, high;
};

class CocoMetric {
 public:
  static constexpr int kThresholds = 10;
  static constexpr size_t kMaxDetections = 100;

  // `images`: the ids of all pictures judged, also those without boxes. A box in another picture is
  // a usage error.
  [[nodiscard]] static Result<CocoMetric> Make(std::span<const int64_t> images,
                                               std::span<const CocoTruth> truths,
                                               std::span<const CocoFound> found);

  [[nodiscard]] CocoScores Scores() const;
  // The middle `level` of the scores of `samples` draws of as many pictures, with replacement,
  // moved so that the draws' mean lies on the score (drawing changes which categories occur, which
  // shifts the mean). The draws depend on the seed and the number of pictures alone
  // (std::mt19937_64, picture = high 64 bits of number * pictures).
  [[nodiscard]] CocoInterval Bootstrap(uint64_t seed, int samples = 1000,
                                       double level = 0.95) const;
  // The same for the difference a - b of two results on the same pictures, drawn together.
  [[nodiscard]] static CocoInterval BootstrapDifference(const CocoMetric& a, const CocoMetric& b,
                                                        uint64_t seed, int samples = 1000,
                                                        double level = 0.95);

 private:
  struct Entry {  // one detection of a category
    double score;
    uint32_t image;        // index
    uint16_t matched = 0;  // bit t: true positive at threshold t
    uint16_t ignored = 0;  // bit t: matched a crowd
  };
  struct Category {
    std::vector<Entry> entries;       // by falling score
    std::vector<uint32_t> positives;  // by picture: boxes that count
  };
  [[nodiscard]] CocoScores Weighted(std::span<const uint32_t> weight) const;

  size_t images_ = 0;
  std::vector<Category> categories_;
};

}  // namespace plumb::vision
