#include "plumb/verify/grid_values.h"

#include <algorithm>

#include "plumb/numerics/requantize.h"

namespace plumb::verify {

GridChannels::GridChannels(const Quantization& grid, std::span<const int64_t> shape)
    : count_(grid.per_channel() ? grid.scale.size() : 1),
      inner_(grid.per_channel() ? static_cast<size_t>(NumElements(
                                      shape.subspan(static_cast<size_t>(grid.axis) + 1)))
                                : 1) {}

IntegerEnds EndsOf(DType dtype) {
  return dtype == DType::kS16 ? IntegerEnds{-32768, 32767} : IntegerEnds{-128, 127};
}

int32_t IntegerAt(ConstTensorView tensor, size_t i) {
  return tensor.dtype == DType::kS16 ? static_cast<const int16_t*>(tensor.raw)[i]
                                     : static_cast<const int8_t*>(tensor.raw)[i];
}

float RealAt(ConstTensorView tensor, const Quantization& grid, const GridChannels& channels,
             size_t i) {
  if (tensor.dtype == DType::kF32) {
    return static_cast<const float*>(tensor.raw)[i];
  }
  const size_t c = channels.At(i);
  return numerics::Dequantize(IntegerAt(tensor, i), grid.scale[c], grid.zero_point[c]);
}

std::vector<float> RealValues(ConstTensorView tensor, const Quantization& grid) {
  if (tensor.dtype == DType::kF32) {
    return {tensor.data<float>(), tensor.data<float>() + tensor.size()};
  }
  std::vector<float> x(static_cast<size_t>(tensor.size()));
  if (!grid.per_channel() && tensor.dtype == DType::kS8) {  // nearly all of them
    const float scale = grid.scale[0];
    const int32_t zero_point = grid.zero_point[0];
    std::transform(tensor.data<int8_t>(), tensor.data<int8_t>() + tensor.size(), x.begin(),
                   [&](int8_t q) { return numerics::Dequantize(q, scale, zero_point); });
    return x;
  }
  const GridChannels channels(grid, tensor.shape);
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t c = channels.At(i);
    x[i] = numerics::Dequantize(IntegerAt(tensor, i), grid.scale[c], grid.zero_point[c]);
  }
  return x;
}

void WriteQuantized(std::span<const float> x, const Quantization& grid, const TensorView& to) {
  if (to.dtype == DType::kF32) {
    std::copy(x.begin(), x.end(), to.data<float>());
    return;
  }
  const IntegerEnds ends = EndsOf(to.dtype);
  if (!grid.per_channel() && to.dtype == DType::kS8) {  // nearly all of them
    const float scale = grid.scale[0];
    const int32_t zero_point = grid.zero_point[0];
    std::transform(x.begin(), x.end(), to.data<int8_t>(), [&](float v) {
      return static_cast<int8_t>(numerics::Quantize(v, scale, zero_point, ends.low, ends.high));
    });
    return;
  }
  const GridChannels channels(grid, to.shape);
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t c = channels.At(i);
    const int32_t q =
        numerics::Quantize(x[i], grid.scale[c], grid.zero_point[c], ends.low, ends.high);
    if (to.dtype == DType::kS16) {
      to.data<int16_t>()[i] = static_cast<int16_t>(q);
    } else {
      to.data<int8_t>()[i] = static_cast<int8_t>(q);
    }
  }
}

}  // namespace plumb::verify
