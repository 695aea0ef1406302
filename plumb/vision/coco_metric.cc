#include "plumb/vision/coco_metric.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

namespace plumb::vision {
namespace {

constexpr int kRecalls = 101;

// A random number below n < 2^32: the high 64 bits of r * n, without a type of 128 bits, which 32-bit
// machines lack.
size_t Below(uint64_t n, uint64_t r) {
  const uint64_t low = (r & 0xffffffffU) * n >> 32;
  return static_cast<size_t>(((r >> 32) * n + low) >> 32);
}

double Threshold(int t) { return 0.5 + t * ((0.95 - 0.5) / 9.0); }
double Recall(int r) { return r * (1.0 / 100.0); }

double BoxIou(const std::array<double, 4>& d, const std::array<double, 4>& g, bool crowd) {
  const double w = std::min(d[2] + d[0], g[2] + g[0]) - std::max(d[0], g[0]);
  const double h = std::min(d[3] + d[1], g[3] + g[1]) - std::max(d[1], g[1]);
  if (!(w > 0 && h > 0)) {
    return 0;
  }
  const double inter = w * h;
  return inter / (crowd ? d[2] * d[3] : d[2] * d[3] + g[2] * g[3] - inter);
}

// The match of one detection at one threshold: an index into `truths` or -1.
int Match(const std::array<double, 4>& box, std::span<const CocoTruth* const> truths,
          const std::vector<bool>& taken, double threshold) {
  double best = std::min(threshold, 1 - 1e-10);
  int match = -1;
  for (size_t g = 0; g < truths.size(); ++g) {
    if (taken[g] && !truths[g]->crowd) {
      continue;
    }
    if (match >= 0 && !truths[static_cast<size_t>(match)]->crowd && truths[g]->crowd) {
      break;  // crowds come last and do not displace a box
    }
    const double iou = BoxIou(box, truths[g]->box, truths[g]->crowd);
    if (iou >= best) {
      best = iou;
      match = static_cast<int>(g);
    }
  }
  return match;
}

// The middle `level` of the values, moved so that their mean is `centre`.
void Middle(std::vector<double>& values, double level, double centre, double& low, double& high) {
  double sum = 0;
  for (const double v : values) {
    sum += v;
  }
  const double shift = centre - sum / static_cast<double>(values.size());
  std::sort(values.begin(), values.end());
  const size_t cut = static_cast<size_t>((1 - level) / 2 * static_cast<double>(values.size()));
  low = values[cut] + shift;
  high = values[values.size() - 1 - cut] + shift;
}

template <typename Score>
CocoInterval Interval(size_t images, uint64_t seed, int samples, double level,
                      const CocoScores& centre, const Score& score) {
  if (images == 0 || samples < 1) {
    return {centre, centre};
  }
  std::mt19937_64 random(seed);
  std::vector<double> ap, ap50;
  std::vector<uint32_t> weight(images);
  for (int s = 0; s < samples; ++s) {
    std::fill(weight.begin(), weight.end(), 0U);
    for (size_t i = 0; i < images; ++i) {
      ++weight[Below(images, random())];
    }
    const CocoScores scores = score(weight);
    ap.push_back(scores.ap);
    ap50.push_back(scores.ap50);
  }
  CocoInterval out;
  Middle(ap, level, centre.ap, out.low.ap, out.high.ap);
  Middle(ap50, level, centre.ap50, out.low.ap50, out.high.ap50);
  return out;
}

}  // namespace

Result<CocoMetric> CocoMetric::Make(std::span<const int64_t> images,
                                    std::span<const CocoTruth> truths,
                                    std::span<const CocoFound> found) {
  std::vector<int64_t> ids(images.begin(), images.end());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  auto index_of = [&](int64_t id) -> int64_t {
    const auto it = std::lower_bound(ids.begin(), ids.end(), id);
    return it != ids.end() && *it == id ? it - ids.begin() : -1;
  };
  // By category, then picture.
  struct Cell {
    std::vector<const CocoTruth*> truths;
    std::vector<const CocoFound*> found;
  };
  std::map<int32_t, std::map<size_t, Cell>> cells;
  for (const CocoTruth& t : truths) {
    const int64_t i = index_of(t.image);
    if (i < 0) {
      return UsageError("annotation in a picture that is not listed: image id ", t.image);
    }
    cells[t.category][static_cast<size_t>(i)].truths.push_back(&t);
  }
  for (const CocoFound& f : found) {
    const int64_t i = index_of(f.image);
    if (i < 0) {
      return UsageError("detection in a picture that is not listed: image id ", f.image);
    }
    if (cells.contains(f.category)) {  // a category without annotations has no AP
      cells[f.category][static_cast<size_t>(i)].found.push_back(&f);
    }
  }
  CocoMetric metric;
  metric.images_ = ids.size();
  for (auto& [id, pictures] : cells) {
    Category category;
    category.positives.resize(ids.size());
    for (auto& [image, cell] : pictures) {
      std::stable_partition(cell.truths.begin(), cell.truths.end(),
                            [](const CocoTruth* t) { return !t->crowd; });
      std::stable_sort(cell.found.begin(), cell.found.end(),
                       [](const CocoFound* a, const CocoFound* b) { return a->score > b->score; });
      if (cell.found.size() > kMaxDetections) {
        cell.found.resize(kMaxDetections);
      }
      category.positives[image] = static_cast<uint32_t>(std::count_if(
          cell.truths.begin(), cell.truths.end(), [](const CocoTruth* t) { return !t->crowd; }));
      const size_t first = category.entries.size();
      for (const CocoFound* f : cell.found) {
        category.entries.push_back({f->score, static_cast<uint32_t>(image)});
      }
      for (int t = 0; t < kThresholds; ++t) {
        std::vector<bool> taken(cell.truths.size());
        for (size_t d = 0; d < cell.found.size(); ++d) {
          const int m = Match(cell.found[d]->box, cell.truths, taken, Threshold(t));
          if (m < 0) {
            continue;
          }
          taken[static_cast<size_t>(m)] = true;
          Entry& e = category.entries[first + d];
          uint16_t& bits = cell.truths[static_cast<size_t>(m)]->crowd ? e.ignored : e.matched;
          bits = static_cast<uint16_t>(bits | (1U << t));
        }
      }
    }
    std::stable_sort(category.entries.begin(), category.entries.end(),
                     [](const Entry& a, const Entry& b) { return a.score > b.score; });
    metric.categories_.push_back(std::move(category));
  }
  return metric;
}

CocoScores CocoMetric::Weighted(std::span<const uint32_t> weight) const {
  double sum = 0, sum50 = 0;
  int count = 0;
  std::vector<double> recall, precision;
  for (const Category& category : categories_) {
    uint64_t positives = 0;
    for (size_t i = 0; i < images_; ++i) {
      positives += static_cast<uint64_t>(category.positives[i]) * weight[i];
    }
    if (positives == 0) {
      continue;
    }
    ++count;
    for (int t = 0; t < kThresholds; ++t) {
      recall.clear();
      precision.clear();
      uint64_t tp = 0, fp = 0;
      for (const Entry& e : category.entries) {
        if (((e.ignored >> t) & 1U) == 0) {
          (((e.matched >> t) & 1U) != 0 ? tp : fp) += weight[e.image];
        }
        recall.push_back(static_cast<double>(tp) / static_cast<double>(positives));
        precision.push_back(static_cast<double>(tp) / (static_cast<double>(fp + tp) +
                                                       std::numeric_limits<double>::epsilon()));
      }
      for (size_t i = precision.size(); i-- > 1;) {
        precision[i - 1] = std::max(precision[i - 1], precision[i]);
      }
      double ap = 0;
      size_t at = 0;
      for (int r = 0; r < kRecalls; ++r) {
        while (at < recall.size() && recall[at] < Recall(r)) {
          ++at;
        }
        ap += at < precision.size() ? precision[at] : 0;
      }
      ap /= kRecalls;
      sum += ap;
      sum50 += t == 0 ? ap : 0;
    }
  }
  if (count == 0) {
    return {-1, -1};
  }
  return {sum / (count * kThresholds), sum50 / count};
}

CocoScores CocoMetric::Scores() const { return Weighted(std::vector<uint32_t>(images_, 1)); }

CocoInterval CocoMetric::Bootstrap(uint64_t seed, int samples, double level) const {
  return Interval(images_, seed, samples, level, Scores(),
                  [&](std::span<const uint32_t> weight) { return Weighted(weight); });
}

CocoInterval CocoMetric::BootstrapDifference(const CocoMetric& a, const CocoMetric& b,
                                             uint64_t seed, int samples, double level) {
  PLUMB_CHECK(a.images_ == b.images_) << "results on different pictures";
  auto minus = [](const CocoScores& x, const CocoScores& y) {
    return CocoScores{x.ap - y.ap, x.ap50 - y.ap50};
  };
  return Interval(a.images_, seed, samples, level, minus(a.Scores(), b.Scores()),
                  [&](std::span<const uint32_t> weight) {
                    return minus(a.Weighted(weight), b.Weighted(weight));
                  });
}

}  // namespace plumb::vision
