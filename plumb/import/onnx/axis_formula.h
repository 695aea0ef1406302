// Formulas that say how the axes of a tensor are split, merged, reordered and padded with axes of size 1:
// "a,bc,de,f[b=2,d=4]->ab,fe,dc,1".
//
// Left of the arrow stands one group of letters for each axis of the tensor, right of it one for each axis of the result. A group
// of several letters splits (left) or merges (right) an axis, first letter outermost. 1 is an axis of size 1. Sizes of letters
// stand behind the left side in brackets; of each group one may be left out. Every letter stands once on each side.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::onnx {

// Reshape to `split`, transpose by `order` (axis i of the result is axis order[i] of the split form), reshape to `result`.
struct AxisSteps {
  Shape tensor;  // what it is for
  Shape split;
  std::vector<int64_t> order;
  Shape result;

  // The way back.
  [[nodiscard]] AxisSteps Inverse() const;
  [[nodiscard]] bool Transposes() const;
};

// Usage errors say what is wrong with the formula, or with it for this shape.
[[nodiscard]] Result<AxisSteps> StepsOf(std::string_view formula, const Shape& shape);

// The same elements in the result's form. Requires that the tensor has `steps.tensor`'s shape.
[[nodiscard]] Tensor Applied(const AxisSteps& steps, const Tensor& tensor);

}  // namespace plumb::onnx
