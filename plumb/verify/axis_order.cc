#include "plumb/verify/axis_order.h"

#include <algorithm>
#include <numeric>

namespace plumb::verify {
namespace {

std::vector<int64_t> WithoutOnes(std::span<const int64_t> shape) {
  std::vector<int64_t> kept;
  std::copy_if(shape.begin(), shape.end(), std::back_inserter(kept),
               [](int64_t extent) { return extent != 1; });
  return kept;
}

}  // namespace

AxisOrder::AxisOrder(std::span<const int64_t> from, std::vector<size_t> order)
    : order_(std::move(order)), from_(WithoutOnes(from)) {
  if (std::is_sorted(order_.begin(), order_.end())) {
    order_.clear();
  }
}

template <typename Each>
void AxisOrder::Walk(const Each& each) const {
  std::vector<size_t> strides(from_.size(), 1);  // by axis of `from`
  for (size_t axis = from_.size(); axis-- > 1;) {
    strides[axis - 1] = strides[axis] * static_cast<size_t>(from_[axis]);
  }
  const auto count = static_cast<size_t>(
      std::accumulate(from_.begin(), from_.end(), int64_t{1}, std::multiplies<>()));
  std::vector<int64_t> at(order_.size(), 0);  // by axis of `to`
  size_t j = 0;
  for (size_t i = 0; i < count; ++i) {
    each(i, j);
    for (size_t axis = order_.size(); axis-- > 0;) {
      const size_t stride = strides[order_[axis]];
      if (++at[axis] < from_[order_[axis]]) {
        j += stride;
        break;
      }
      j -= stride * static_cast<size_t>(at[axis] - 1);
      at[axis] = 0;
    }
  }
}

std::vector<float> AxisOrder::Apply(std::span<const float> from) const {
  std::vector<float> to(from.begin(), from.end());
  if (!same()) {
    Walk([&](size_t i, size_t j) { to[i] = from[j]; });
  }
  return to;
}

std::vector<float> AxisOrder::Undo(std::span<const float> to) const {
  std::vector<float> from(to.begin(), to.end());
  if (!same()) {
    Walk([&](size_t i, size_t j) { from[j] = to[i]; });
  }
  return from;
}

std::vector<AxisOrder> OrdersBetween(std::span<const int64_t> from, std::span<const int64_t> to) {
  constexpr size_t kMostAxes = 6;
  const std::vector<int64_t> source = WithoutOnes(from), wanted = WithoutOnes(to);
  std::vector<AxisOrder> orders;
  if (source.size() != wanted.size()) {
    return orders;
  }
  std::vector<size_t> order(source.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (source == wanted) {
    orders.emplace_back(from, order);
  }
  if (source.size() > kMostAxes) {
    return orders;
  }
  const auto take = [&](const std::vector<size_t>& one) {
    const bool fits =
        std::equal(one.begin(), one.end(), wanted.begin(), wanted.end(),
                   [&](size_t axis, int64_t extent) { return source[axis] == extent; });
    if (fits && !std::is_sorted(one.begin(), one.end())) {
      orders.emplace_back(from, one);
    }
  };
  // The channels, last of the axes, go in front; behind the batch where it has more than one entry.
  std::vector<std::vector<size_t>> likely;
  for (const size_t behind : {size_t{0}, size_t{1}}) {
    if (order.size() > behind + 1) {
      likely.push_back(order);
      std::rotate(likely.back().begin() + static_cast<long>(behind), likely.back().end() - 1,
                  likely.back().end());
      take(likely.back());
    }
  }
  while (std::next_permutation(order.begin(), order.end())) {
    if (std::find(likely.begin(), likely.end(), order) == likely.end()) {
      take(order);
    }
  }
  return orders;
}

}  // namespace plumb::verify
