// Which box of one side is which of another.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "plumb/vision/detection.h"

namespace plumb::verify {

// Gives each box asked for the box of `others` with the same label and the greatest intersection over union, at least
// `least_iou`, that none before it took; the last of equals. `others` must outlive it.
class BoxMatcher {
 public:
  BoxMatcher(std::span<const vision::Detection> others, float least_iou);

  struct Match {
    size_t index = 0;  // in `others`
    float iou = 0;
  };
  [[nodiscard]] std::optional<Match> Take(const vision::Detection& box);

  // Nobody gets this one.
  void Exclude(size_t index) { taken_[index] = true; }
  [[nodiscard]] const std::vector<bool>& taken() const { return taken_; }

 private:
  std::span<const vision::Detection> others_;
  float least_iou_;
  std::vector<bool> taken_;
};

}  // namespace plumb::verify
