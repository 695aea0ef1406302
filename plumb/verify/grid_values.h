// Integers on a grid as real numbers, and the way back, whole tensors at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plumb/base/quantization.h"
#include "plumb/base/tensor.h"

namespace plumb::verify {

// Which scale and zero point element i has.
class GridChannels {
 public:
  GridChannels(const Quantization& grid, std::span<const int64_t> shape);
  [[nodiscard]] size_t At(size_t i) const { return count_ > 1 ? i / inner_ % count_ : 0; }

 private:
  size_t count_, inner_;
};

// The ends of what activations are held as: s8 or s16.
struct IntegerEnds {
  int32_t low, high;
};
[[nodiscard]] IntegerEnds EndsOf(DType dtype);
// Element i of an s8 or s16 tensor.
[[nodiscard]] int32_t IntegerAt(ConstTensorView tensor, size_t i);

// Element i of an s8 or s16 tensor on `grid`, or of an f32 tensor as it is.
[[nodiscard]] float RealAt(ConstTensorView tensor, const Quantization& grid,
                           const GridChannels& channels, size_t i);
// All of them: of an s8 or s16 tensor on `grid`, or of an f32 tensor as it is.
[[nodiscard]] std::vector<float> RealValues(ConstTensorView tensor, const Quantization& grid);
// Rounds `x` onto the grid of an s8 or s16 tensor, or copies it into an f32 one.
void WriteQuantized(std::span<const float> x, const Quantization& grid, const TensorView& to);

}  // namespace plumb::verify
