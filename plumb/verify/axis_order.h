// The order of a tensor's axes in one program and in another: a model keeps its own, passes bring tensors into another one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace plumb::verify {

// Axis i of `to` is axis order[i] of `from`. Axes of one element are left out of both: they move nothing.
class AxisOrder {
 public:
  AxisOrder() = default;  // the same order
  AxisOrder(std::span<const int64_t> from, std::vector<size_t> order);

  [[nodiscard]] bool same() const { return order_.empty(); }
  // Elements in the order of `from` brought into the one of `to`.
  [[nodiscard]] std::vector<float> Apply(std::span<const float> from) const;
  // And back.
  [[nodiscard]] std::vector<float> Undo(std::span<const float> to) const;

 private:
  // each(i, j): element i in the order of `to` is element j in the order of `from`.
  template <typename Each>
  void Walk(const Each& each) const;

  std::vector<size_t> order_;  // empty: the same order
  std::vector<int64_t> from_;
};

// Every order in which a tensor of shape `from` can have the shape `to`: the same order first, then channels last made
// channels first, then the others. Empty when there is none.
[[nodiscard]] std::vector<AxisOrder> OrdersBetween(std::span<const int64_t> from,
                                                   std::span<const int64_t> to);

}  // namespace plumb::verify
