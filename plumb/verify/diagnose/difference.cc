#include "plumb/verify/diagnose/difference.h"

#include <algorithm>
#include <cmath>

#include "plumb/verify/box_match.h"

namespace plumb::verify {
namespace {

constexpr double kProbabilityFloor = 0.003 * 0.003;
constexpr double kRelativeFloor = 1e-6;
constexpr float kLeastIou = 0.5f;

struct ChannelSums {
  double n = 0, sum = 0, squares = 0, noise = 0;
  bool probability = true;
  [[nodiscard]] double Variance() const {
    return n == 0 ? 0 : std::max(0.0, squares / n - (sum / n) * (sum / n));
  }
};

// The axis that holds channels: of a list of cells the shorter one, of a map the one whose neighbours differ from it, else
// the last. A wrong guess only groups the elements in another way.
size_t ChannelAxis(const Shape& shape) {
  if (shape.size() == 3) {
    return shape[1] < shape[2] ? 1 : 2;
  }
  if (shape.size() == 4 && shape[2] == shape[3] && shape[1] != shape[2]) {
    return 1;
  }
  return shape.empty() ? 0 : shape.size() - 1;
}

}  // namespace

double TensorDifference(std::span<const Tensor* const> a, std::span<const Tensor* const> b) {
  if (a.empty() || a.size() != b.size()) {
    return 1;
  }
  const Shape& shape = a[0]->shape();
  const size_t axis = ChannelAxis(shape);
  const size_t channels = shape.empty() ? 1 : static_cast<size_t>(shape[axis]);
  const size_t inner =
      shape.empty() ? 1 : static_cast<size_t>(NumElements(std::span(shape).subspan(axis + 1)));
  // One number a channel: then the channels of all pictures are one population.
  const bool flat = static_cast<size_t>(a[0]->size()) == channels;
  std::vector<ChannelSums> sums(flat ? 1 : channels);
  for (size_t s = 0; s < a.size(); ++s) {
    if (a[s]->shape() != b[s]->shape() || a[s]->dtype() != DType::kF32 ||
        b[s]->dtype() != DType::kF32) {
      return 1;
    }
    const auto x = a[s]->values<float>();
    const auto y = b[s]->values<float>();
    for (size_t i = 0; i < x.size(); ++i) {
      if (!std::isfinite(x[i]) || !std::isfinite(y[i])) {
        if (std::isfinite(x[i])) {
          return 1;
        }
        continue;
      }
      ChannelSums& c = sums[flat ? 0 : i / inner % channels];
      const double v = x[i], d = static_cast<double>(y[i]) - v;
      c.n += 1;
      c.sum += v;
      c.squares += v * v;
      c.noise += d * d;
      c.probability = c.probability && v >= 0 && v <= 1;
    }
  }
  double greatest = 0;
  for (const ChannelSums& c : sums) {
    greatest = std::max(greatest, c.Variance());
  }
  double weights = 0, total = 0, noise = 0;
  for (const ChannelSums& c : sums) {
    const double floor = c.probability ? kProbabilityFloor : kRelativeFloor * greatest;
    const double variance = c.Variance();
    noise += c.noise;
    if (variance + floor <= 0) {
      continue;
    }
    const double weight = variance / (variance + floor);
    weights += weight;
    total += weight * std::min(1.0, c.noise / (c.n * (variance + floor)));
  }
  return weights > 0 ? total / weights : noise > 0 ? 1.0 : 0.0;
}

double BoxDifference(const std::vector<std::vector<vision::Detection>>& a,
                     const std::vector<std::vector<vision::Detection>>& b) {
  double common = 0, all = 0;
  for (size_t s = 0; s < std::min(a.size(), b.size()); ++s) {
    BoxMatcher matcher(b[s], kLeastIou);
    for (const vision::Detection& one : a[s]) {
      all += std::fabs(one.score);
      if (const auto found = matcher.Take(one)) {
        common += static_cast<double>(found->iou) * std::min(one.score, b[s][found->index].score);
      }
    }
    for (const vision::Detection& other : b[s]) {
      all += std::fabs(other.score);
    }
  }
  return all == 0 ? 0 : std::clamp(1 - 2 * common / all, 0.0, 1.0);
}

double Difference::value() const {
  if (tensors && boxes) {
    return (*tensors + *boxes) / 2;
  }
  return tensors ? *tensors : boxes.value_or(0);
}

Difference Compare(const SideResults& reference, const SideResults& other) {
  Difference difference;
  if (!reference.outputs.empty() && reference.outputs.size() == other.outputs.size()) {
    double total = 0;
    int count = 0;
    for (size_t o = 0; o < reference.outputs[0].size(); ++o) {
      const std::string& name = reference.outputs[0][o].name;
      std::vector<const Tensor*> a, b;
      for (size_t s = 0; s < reference.outputs.size(); ++s) {
        const auto found = std::find_if(other.outputs[s].begin(), other.outputs[s].end(),
                                        [&](const auto& t) { return t.name == name; });
        if (found != other.outputs[s].end()) {
          a.push_back(&reference.outputs[s][o].tensor);
          b.push_back(&found->tensor);
        }
      }
      if (!a.empty() && a[0]->dtype() == DType::kF32) {
        total += TensorDifference(a, b);
        ++count;
      }
    }
    if (count > 0) {
      difference.tensors = total / count;
    }
  }
  if (!reference.boxes.empty() && reference.boxes.size() == other.boxes.size()) {
    difference.boxes = BoxDifference(reference.boxes, other.boxes);
  }
  return difference;
}

}  // namespace plumb::verify
