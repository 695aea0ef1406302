// fully_connected with x s8: a 1x1 convolution over a line of pixels (kernels/dot).
#include "plumb/runtime/bind_dot_s8.h"
#include "plumb/runtime/bind_fully_connected.h"
#include "plumb/runtime/bind_grid.h"

namespace plumb::runtime {

Result<std::unique_ptr<BoundRecord>> BindFullyConnectedS8(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(4, 5, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kS8));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(1, DType::kS8, 2));
  const Shape& x = context.input(0).shape;
  const Shape& w = context.input(1).shape;
  PLUMB_RETURN_IF_ERROR(context.RequireConstant(1, DType::kS8, w));
  if (x.empty() || x.back() != w[1]) {
    return context.Invalid("input [..., K] and weights [N, K]",
                           StrCat(ShapeToString(x), " and ", ShapeToString(w)));
  }
  Shape y = x;
  y.back() = w[0];
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, y));
  y.pop_back();
  PLUMB_ASSIGN_OR_RETURN(ChannelGrid grid, RequireChannelGrid(context, context.input(0)));
  kernels::DotGeometry geometry;
  geometry.in_width = geometry.out_width = NumElements(y);
  geometry.in_channels = w[1];
  geometry.out_channels = w[0];
  PLUMB_ASSIGN_OR_RETURN(std::unique_ptr<DotS8Layer> layer, ReadDotS8Layer(context, geometry));
  layer->x_zero_point = std::move(grid.zero_point);
  layer->layer.x_zero_point = layer->x_zero_point.data();
  return MakeDotS8Record(context, std::move(layer));
}

}  // namespace plumb::runtime
