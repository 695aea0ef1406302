#include "plumb/runtime/conv_window.h"

#include <algorithm>

namespace plumb::runtime {
namespace {

constexpr int64_t kLimit = int64_t{1} << 30;

Result<std::vector<int64_t>> ReadList(const BindContext& context, const char* name, size_t count,
                                      int64_t least) {
  auto values = context.attributes().RequireInts(name, count);
  if (!values.ok()) {
    return values.status().WithContext(StrCat("record '", context.record().name, "'"));
  }
  for (int64_t v : *values) {
    if (v < least || v > kLimit) {
      return context.Invalid(StrCat(name, " between ", least, " and ", kLimit), StrCat(v));
    }
  }
  return values;
}

}  // namespace

Result<ConvWindow> ReadConvWindow(const BindContext& context) {
  PLUMB_ASSIGN_OR_RETURN(const auto strides, ReadList(context, "strides", 2, 1));
  PLUMB_ASSIGN_OR_RETURN(const auto pads, ReadList(context, "pads", 4, 0));
  PLUMB_ASSIGN_OR_RETURN(const auto dilations, ReadList(context, "dilations", 2, 1));
  auto groups = context.attributes().RequireInt("groups");
  if (!groups.ok()) {
    return groups.status().WithContext(StrCat("record '", context.record().name, "'"));
  }
  if (*groups < 1 || *groups > kLimit) {
    return context.Invalid(StrCat("groups between 1 and ", kLimit), StrCat(*groups));
  }
  ConvWindow window;
  window.stride_h = strides[0], window.stride_w = strides[1];
  window.pad_top = pads[0], window.pad_left = pads[1], window.pad_bottom = pads[2],
  window.pad_right = pads[3];
  window.dilation_h = dilations[0], window.dilation_w = dilations[1];
  window.groups = *groups;
  return window;
}

int64_t ConvOutputSize(int64_t size, int64_t kernel, int64_t stride, int64_t pads,
                       int64_t dilation) {
  const int64_t room = size + pads - dilation * (kernel - 1) - 1;
  return room < 0 ? 0 : room / stride + 1;
}

Status CheckConvShapes(const BindContext& context, const ConvWindow& window, ConvOutput layout) {
  for (size_t i : {size_t{0}, size_t{1}}) {
    if (!context.HasInput(i)) {
      return context.Invalid("a picture and weights", StrCat("no input ", i));
    }
  }
  const Shape& x = context.input(0).shape;
  const Shape& w = context.input(1).shape;
  const Shape& y = context.output(0).shape;
  if (x.size() != 4 || w.size() != 4 || y.size() != 4) {
    return context.Invalid("input, weights and output of rank 4",
                           StrCat("ranks ", x.size(), ", ", w.size(), " and ", y.size()));
  }
  for (const Shape* shape : {&x, &w, &y}) {
    if (std::any_of(shape->begin(), shape->end(), [](int64_t d) { return d < 1 || d > kLimit; })) {
      return context.Invalid(StrCat("sizes between 1 and ", kLimit), ShapeToString(*shape));
    }
  }
  if (x[3] % window.groups != 0 || w[0] % window.groups != 0) {
    return context.Invalid("groups to divide input and output channels",
                           StrCat("groups ", window.groups, ", channels ", x[3], " and ", w[0]));
  }
  if (w[3] != x[3] / window.groups) {
    return context.Invalid(StrCat("weights for ", x[3] / window.groups, " input channels a group"),
                           ShapeToString(w));
  }
  PLUMB_RETURN_IF_ERROR(context.RequireConstant(1, context.input(1).dtype, w));
  const int64_t height = ConvOutputSize(x[1], w[1], window.stride_h,
                                        window.pad_top + window.pad_bottom, window.dilation_h);
  const int64_t width = ConvOutputSize(x[2], w[2], window.stride_w,
                                       window.pad_left + window.pad_right, window.dilation_w);
  return context.RequireOutputShape(0, layout == ConvOutput::kPlanes
                                           ? Shape{x[0], w[0], height, width}
                                           : Shape{x[0], height, width, w[0]});
}

}  // namespace plumb::runtime
