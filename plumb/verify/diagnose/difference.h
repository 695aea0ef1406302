// The difference that a diagnosis explains: how far what one side made of some pictures is from what the other made.
//
// It has two halves, each in 0..1. Tensors: for every channel c of an output, min(1, sum (a - b)^2 / (n (var_c + floor_c))),
// averaged over channels with the weight var_c / (var_c + floor_c) (a channel in which the reference does not move says
// nothing), then over outputs; floor_c is (0.003)^2 where the reference stays within 0..1, as probabilities do, and 1e-6 of
// the greatest variance of the output's channels elsewhere. Boxes: 1 - 2 sum(iou * min(score)) / sum(scores of both sides)
// over pairs of the same class that overlap by half or more. The difference is the mean of the halves that both sides have.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "plumb/runtime/session.h"
#include "plumb/vision/detection.h"

namespace plumb::verify {

// What one side made, by picture.
struct SideResults {
  std::vector<std::vector<runtime::NamedTensor>> outputs;  // empty when only boxes are known
  std::vector<std::vector<vision::Detection>>
      boxes;  // in pixels of the picture; empty: no detector
};

// Of one output over all pictures (a: reference). Shapes that differ, or NaN and infinities that the reference has not: 1.
[[nodiscard]] double TensorDifference(std::span<const Tensor* const> a,
                                      std::span<const Tensor* const> b);

struct Difference {
  std::optional<double> tensors, boxes;
  [[nodiscard]] double value() const;  // 0 when nothing could be compared
};

// Outputs are matched by name.
[[nodiscard]] Difference Compare(const SideResults& reference, const SideResults& other);

// The boxes half alone.
[[nodiscard]] double BoxDifference(const std::vector<std::vector<vision::Detection>>& a,
                                   const std::vector<std::vector<vision::Detection>>& b);

}  // namespace plumb::verify
