#include "plumb/export/onnx/step_table.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>

#include "plumb/numerics/requantize.h"

namespace plumb::exporting {
namespace {

constexpr int64_t kLeaf = 128;  // numbers between which nothing is left out

// Finite numbers of one sign in ascending order count up by one.
int64_t Rank(float x) {
  const auto bits = std::bit_cast<int32_t>(x);
  return bits < 0 ? -static_cast<int64_t>(bits & 0x7fffffff) : bits;
}
float FromRank(int64_t rank) {
  const auto magnitude = static_cast<int32_t>(rank < 0 ? -rank : rank);
  const float x = std::bit_cast<float>(magnitude);
  return rank < 0 ? -x : x;
}

struct Known {
  float t, f;
};
struct Interval {
  Known low, high;
};

class Finder {
 public:
  Finder(const FloatFunction& f, const Staircase& stairs) : f_(f), stairs_(stairs) {}

  Result<std::vector<Step>> Run() {
    const float s = *std::min_element(stairs_.factors.begin(), stairs_.factors.end());
    const float l = stairs_.largest;
    const std::vector<float> ends = {-l, -s, 0.0f, s, l};
    PLUMB_ASSIGN_OR_RETURN(const std::vector<float> values, Values(ends));
    std::vector<Known> known;
    for (size_t i = 0; i < ends.size(); ++i) {
      known.push_back({ends[i], values[i]});
    }
    std::vector<Interval> open = {{known[0], known[1]}, {known[3], known[4]}};
    while (!open.empty()) {
      PLUMB_RETURN_IF_ERROR(Narrow(open));
    }
    Compare(known[1], known[2]);  // nothing lies between these
    Compare(known[2], known[3]);
    std::sort(steps_.begin(), steps_.end(),
              [](const Step& a, const Step& b) { return a.from < b.from; });
    steps_.insert(steps_.begin(), {-l, Rounded(known[0].f)});
    return Occurring();
  }

 private:
  Result<std::vector<float>> Values(const std::vector<float>& t) {
    std::vector<float> values(t.size());
    PLUMB_RETURN_IF_ERROR(f_(t, values));
    return values;
  }
  [[nodiscard]] int8_t Rounded(float f) const {
    return static_cast<int8_t>(numerics::Quantize(f, stairs_.scale, stairs_.zero_point, -128, 127));
  }
  void Compare(const Known& a, const Known& b) {
    if (Rounded(a.f) != Rounded(b.f)) {
      steps_.push_back({b.t, Rounded(b.f)});
    }
  }

  // How far f is, in steps of the output grid, from the nearest value at which the result changes.
  [[nodiscard]] double Distance(float f) const {
    const double u = static_cast<double>(f) / stairs_.scale;
    const double first = -128 - stairs_.zero_point + 0.5, last = 127 - stairs_.zero_point - 0.5;
    const double nearest = std::clamp(std::floor(u) + 0.5, first, last);
    return std::fabs(u - nearest);
  }
  // True when f cannot reach a value at which the result changes.
  [[nodiscard]] bool IsFlat(const Interval& i) const {
    const double way = stairs_.slope * (static_cast<double>(i.high.t) - i.low.t);
    const auto room = [&](float f) {
      const double error = (std::fabs(static_cast<double>(f)) + way) * 0x1p-20;
      return Distance(f) > (way + error) / stairs_.scale + 1e-9;
    };
    return room(i.low.f) || room(i.high.f);
  }

  // One round over all open intervals: settles the flat ones and the small ones, halves the others.
  Status Narrow(std::vector<Interval>& open) {
    std::vector<Interval> left;
    std::vector<float> points;
    for (const Interval& i : open) {
      if (IsFlat(i)) {
        continue;
      }
      const int64_t low = Rank(i.low.t), high = Rank(i.high.t);
      if (high - low <= kLeaf) {
        for (int64_t r = low + 1; r < high; ++r) {
          points.push_back(FromRank(r));
        }
      } else {
        points.push_back(Middle(i));
      }
      left.push_back(i);
    }
    PLUMB_ASSIGN_OR_RETURN(const std::vector<float> values, Values(points));
    open.clear();
    size_t next = 0;
    for (const Interval& i : left) {
      const int64_t low = Rank(i.low.t), high = Rank(i.high.t);
      if (high - low <= kLeaf) {
        Known before = i.low;
        for (int64_t r = low + 1; r < high; ++r, ++next) {
          const Known here{points[next], values[next]};
          Compare(before, here);
          before = here;
        }
        Compare(before, i.high);
      } else {
        const Known middle{points[next], values[next]};
        ++next;
        open.push_back({i.low, middle});
        open.push_back({middle, i.high});
      }
    }
    return {};
  }

  // Between the ends in value; between their ranks where that is one of the ends.
  static float Middle(const Interval& i) {
    const auto middle = static_cast<float>((static_cast<double>(i.low.t) + i.high.t) / 2);
    return middle > i.low.t && middle < i.high.t ? middle
                                                 : FromRank((Rank(i.low.t) + Rank(i.high.t)) / 2);
  }

  // The steps without those that no t lands on.
  [[nodiscard]] std::vector<Step> Occurring() const {
    std::vector<Step> kept;
    for (size_t i = 0; i < steps_.size(); ++i) {
      const bool last = i + 1 == steps_.size();
      if (!(last || i == 0 || Occurs(steps_[i].from, steps_[i + 1].from))) {
        continue;
      }
      if (kept.empty() || kept.back().value != steps_[i].value) {
        kept.push_back(steps_[i]);
      }
    }
    return kept;
  }
  // True when some t lies in [from, to), and possibly when none does.
  [[nodiscard]] bool Occurs(float from, float to) const {
    return std::any_of(stairs_.factors.begin(), stairs_.factors.end(), [&](float m) {
      const double at = std::floor(static_cast<double>(from) / m);
      const double way = 4 + std::fabs(at) * 0x1p-22;  // where float(acc) * m may round into it
      if ((static_cast<double>(to) - from) / m > way || way > 64) {
        return true;
      }
      for (double acc = at - way; acc <= at + way; acc += 1) {
        const float t = static_cast<float>(std::floor(acc)) * m;
        if (t >= from && t < to) {
          return true;
        }
      }
      return false;
    });
  }

  const FloatFunction& f_;
  const Staircase& stairs_;
  std::vector<Step> steps_;
};

int32_t BinOf(float t, float factor, float offset, int32_t bins) {
  const float scaled = t * factor;
  const float at = scaled + offset;
  const auto last = static_cast<float>(bins - 1);
  return static_cast<int32_t>(at < 0.0f ? 0.0f : (at > last ? last : at));
}

// The line that spreads the steps behind the first one over the bins.
void Spread(const std::vector<Step>& steps, int32_t bins, float& factor, float& offset) {
  factor = 0.0f, offset = 0.0f;
  if (steps.size() < 3) {
    return;
  }
  const float low = steps[1].from, high = steps.back().from;
  factor = static_cast<float>(bins - 1) / (high - low);
  offset = -low * factor;
}

int32_t Fullest(const std::vector<Step>& steps, int32_t bins) {
  float factor, offset;
  Spread(steps, bins, factor, offset);
  int32_t fullest = 0, count = 0, before = -1;
  for (size_t i = 1; i < steps.size(); ++i) {
    const int32_t bin = BinOf(steps[i].from, factor, offset, bins);
    count = bin == before ? count + 1 : 1;
    before = bin;
    fullest = std::max(fullest, count);
  }
  return fullest;
}

}  // namespace

Result<std::vector<Step>> FindSteps(const FloatFunction& f, const Staircase& stairs) {
  return Finder(f, stairs).Run();
}

Result<StepTable> MakeStepTable(const std::vector<std::vector<Step>>& steps) {
  constexpr int32_t kMostBins = 1 << 14, kMostThresholds = 8, kNodeCost = 1 << 16;
  StepTable table;
  table.channels = static_cast<int32_t>(steps.size());
  int32_t best = 0, fewest = std::numeric_limits<int32_t>::max();
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int32_t bins = 1; bins <= kMostBins; bins *= 2) {
    int32_t fullest = 1;
    for (const std::vector<Step>& one : steps) {
      fullest = std::max(fullest, Fullest(one, bins));
    }
    fewest = std::min(fewest, fullest);
    // Bytes of the tables; and each threshold more is five nodes more.
    const int64_t cost = int64_t{table.channels} * bins * (5 * fullest + 1) + fullest * kNodeCost;
    if (fullest <= kMostThresholds && cost < least) {
      least = cost;
      best = fullest;
      table.bins = bins;
    }
  }
  if (best == 0) {
    return InvalidModel("its function changes ", fewest, " times within 1/", kMostBins,
                        " of its range; at most ", kMostThresholds, " times can be written");
  }
  table.thresholds_per_bin = best;
  const auto bins = static_cast<size_t>(table.bins);
  const size_t cells = steps.size() * bins;
  const auto per_bin = static_cast<size_t>(best);
  table.thresholds.assign(per_bin,
                          std::vector<float>(cells, std::numeric_limits<float>::infinity()));
  table.values.resize(cells * (per_bin + 1));
  for (size_t c = 0; c < steps.size(); ++c) {
    const std::vector<Step>& one = steps[c];
    float factor, offset;
    Spread(one, table.bins, factor, offset);
    table.factor.push_back(factor);
    table.offset.push_back(offset);
    size_t next = 1;
    int8_t value = one[0].value;
    for (size_t bin = 0; bin < bins; ++bin) {
      const size_t cell = c * bins + bin;
      table.values[cell * (per_bin + 1)] = value;
      for (size_t j = 0; j < per_bin; ++j) {
        if (next < one.size() &&
            BinOf(one[next].from, factor, offset, table.bins) == static_cast<int32_t>(bin)) {
          table.thresholds[j][cell] = one[next].from;
          value = one[next].value;
          ++next;
        }
        table.values[cell * (per_bin + 1) + j + 1] = value;
      }
    }
  }
  return table;
}

int8_t StepTable::Look(int32_t channel, float t) const {
  const auto c = static_cast<size_t>(channel);
  const size_t cell =
      c * static_cast<size_t>(bins) + static_cast<size_t>(BinOf(t, factor[c], offset[c], bins));
  size_t reached = 0;
  for (const std::vector<float>& row : thresholds) {
    reached += t >= row[cell] ? 1 : 0;
  }
  return values[cell * (thresholds.size() + 1) + reached];
}

}  // namespace plumb::exporting
