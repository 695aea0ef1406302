// conv with x s8: depthwise (kernels/dwconv), else dense or grouped (kernels/dot).
#include "plumb/runtime/bind_conv.h"
#include "plumb/runtime/bind_dot_s8.h"
#include "plumb/runtime/bind_grid.h"
#include "plumb/runtime/bind_support.h"
#include "plumb/runtime/conv_window.h"

namespace plumb::runtime {
namespace {

kernels::DotGeometry GeometryOf(const BindContext& context, const ConvWindow& window,
                                ConvOutput layout) {
  const Shape& x = context.input(0).shape;
  const Shape& w = context.input(1).shape;
  const Shape& y = context.output(0).shape;
  kernels::DotGeometry g;
  g.batch = x[0], g.in_height = x[1], g.in_width = x[2], g.in_channels = x[3];
  const size_t rows = layout == ConvOutput::kPlanes ? 2 : 1;
  g.out_height = y[rows], g.out_width = y[rows + 1], g.out_channels = w[0];
  g.kernel_height = w[1], g.kernel_width = w[2];
  g.stride_height = window.stride_h, g.stride_width = window.stride_w;
  g.dilation_height = window.dilation_h, g.dilation_width = window.dilation_w;
  g.pad_top = window.pad_top, g.pad_left = window.pad_left;
  g.groups = window.groups;
  return g;
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindConvS8(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(4, 6, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kS8, 4));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(1, DType::kS8, 4));
  PLUMB_ASSIGN_OR_RETURN(const ConvWindow window, ReadConvWindow(context));
  PLUMB_ASSIGN_OR_RETURN(const size_t planes,
                         ChoiceOr(context, "output_layout", "nhwc", {"nhwc", "nchw"}));
  const ConvOutput layout = planes != 0 ? ConvOutput::kPlanes : ConvOutput::kPixels;
  PLUMB_RETURN_IF_ERROR(CheckConvShapes(context, window, layout));
  const kernels::DotGeometry geometry = GeometryOf(context, window, layout);
  const bool depthwise =
      geometry.groups == geometry.in_channels && geometry.groups == geometry.out_channels;
  if (layout == ConvOutput::kPlanes && (depthwise || context.output(0).dtype != DType::kF32)) {
    return context.Invalid(
        "output_layout nchw of a dense convolution that gives f32",
        depthwise ? "a depthwise convolution" : DTypeName(context.output(0).dtype));
  }
  if (context.HasInput(5) && depthwise) {
    return context.Invalid("no residual behind a depthwise convolution", "one");
  }
  PLUMB_ASSIGN_OR_RETURN(std::unique_ptr<DotS8Layer> layer, ReadDotS8Layer(context, geometry));
  PLUMB_ASSIGN_OR_RETURN(ChannelGrid grid, RequireChannelGrid(context, context.input(0)));
  layer->layer.x_pitch = context.input_pitch(0);
  if (depthwise) {
    return MakeDwConvS8Record(context, std::move(layer), grid);
  }
  if (layout == ConvOutput::kPixels) {
    layer->layer.y_pitch = context.output_pitch(0);
  }
  if (context.HasInput(5)) {
    layer->layer.residual_pitch = context.input_pitch(5);
  }
  if (layout == ConvOutput::kPlanes) {
    layer->layer.y_order = kernels::DotOrder::kChannelMajor;
  }
  layer->x_zero_point = std::move(grid.zero_point);
  layer->layer.x_zero_point = layer->x_zero_point.data();
  return MakeDotS8Record(context, std::move(layer));
}

}  // namespace plumb::runtime
