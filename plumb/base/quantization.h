// The affine grid of an integer tensor: real = scale * (q - zero_point).
#pragma once

#include <cstdint>
#include <vector>

namespace plumb {

// Per tensor: one scale, one zero point, axis -1. Per channel: one of each per index of `axis` (counted from 0).
struct Quantization {
  std::vector<float> scale;         // normal, positive
  std::vector<int32_t> zero_point;  // within the range of the element type
  int axis = -1;

  [[nodiscard]] bool empty() const { return scale.empty(); }
  [[nodiscard]] bool per_channel() const { return axis >= 0; }
  bool operator==(const Quantization&) const = default;
};

}  // namespace plumb
