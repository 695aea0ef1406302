// conv with x s8: depthwise (kernels/dwconv), else dense or grouped (kernels/dot).
#include "plumb/runtime/bind_conv.h"
#include "plumb/runtime/bind_dot_s8.h"
#include "plumb/runtime/bind_grid.h"
#include "plumb/runtime/conv_window.h"

namespace plumb::runtime {
namespace {

kernels::DotGeometry GeometryOf(const BindContext& context, const ConvWindow& window) {
  const Shape& x = context.input(0).shape;
  const Shape& w = context.input(1).shape;
  const Shape& y = context.output(0).shape;
  kernels::DotGeometry g;
  g.batch = x[0], g.in_height = x[1], g.in_width = x[2], g.in_channels = x[3];
  g.out_height = y[1], g.out_width = y[2], g.out_channels = y[3];
  g.kernel_height = w[1], g.kernel_width = w[2];
  g.stride_height = window.stride_h, g.stride_width = window.stride_w;
  g.dilation_height = window.dilation_h, g.dilation_width = window.dilation_w;
  g.pad_top = window.pad_top, g.pad_left = window.pad_left;
  g.groups = window.groups;
  return g;
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindConvS8(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(4, 5, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kS8, 4));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(1, DType::kS8, 4));
  PLUMB_ASSIGN_OR_RETURN(const ConvWindow window, ReadConvWindow(context));
  PLUMB_RETURN_IF_ERROR(CheckConvShapes(context, window));
  const kernels::DotGeometry geometry = GeometryOf(context, window);
  const bool depthwise =
      geometry.groups == geometry.in_channels && geometry.groups == geometry.out_channels;
  PLUMB_ASSIGN_OR_RETURN(std::unique_ptr<DotS8Layer> layer, ReadDotS8Layer(context, geometry));
  PLUMB_ASSIGN_OR_RETURN(ChannelGrid grid, RequireChannelGrid(context, context.input(0)));
  if (depthwise) {
    return MakeDwConvS8Record(context, std::move(layer), grid);
  }
  layer->x_zero_point = std::move(grid.zero_point);
  layer->layer.x_zero_point = layer->x_zero_point.data();
  return MakeDotS8Record(context, std::move(layer));
}

}  // namespace plumb::runtime
