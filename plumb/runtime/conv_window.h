// Strides, pads and dilations of a record that moves a window over a picture, checked.
#pragma once

#include "plumb/runtime/binding.h"

namespace plumb::runtime {

struct ConvWindow {
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t groups = 1;
};

// Attributes strides[2], pads[4] (top, left, bottom, right), dilations[2], groups: within 1..2^30
// (pads 0..2^30).
[[nodiscard]] Result<ConvWindow> ReadConvWindow(const BindContext& context);

// The output size of a convolution or a pool along one axis; below 1 when the window does not fit.
// Arguments below 2^31.
[[nodiscard]] int64_t ConvOutputSize(int64_t size, int64_t kernel, int64_t stride, int64_t pads,
                                     int64_t dilation);

// The axes of a convolution's output.
enum class ConvOutput { kPixels, kPlanes };  // [N,OH,OW,O], [N,O,OH,OW]

// The checks that convolutions of every type share: x [N,H,W,C], constant w [O,KH,KW,C/groups],
// the output with the sizes that the window gives, nothing empty.
Status CheckConvShapes(const BindContext& context, const ConvWindow& window,
                       ConvOutput layout = ConvOutput::kPixels);

}  // namespace plumb::runtime
