// conv and fully_connected with x s16, zero point 0 (kernels/conv_s16).
#include <algorithm>

#include "plumb/kernels/conv_s16/conv_s16.h"
#include "plumb/runtime/bind_conv.h"
#include "plumb/runtime/bind_fully_connected.h"
#include "plumb/runtime/bind_function.h"
#include "plumb/runtime/bind_grid.h"
#include "plumb/runtime/conv_window.h"

namespace plumb::runtime {
namespace {

class ConvS16 final : public BoundRecord {
 public:
  ConvS16(const kernels::ConvS16Layer& layer, const BoundFunction& function,
          const kernels::ConvS16Kernel& kernel)
      : geometry_(layer.geometry),
        kernel_(kernel),
        function_(function),
        packed_(WithParameters(layer, function_), kernel) {}
  [[nodiscard]] size_t scratch_bytes(int threads) const override {
    return packed_.ScratchBytes(threads);
  }
  [[nodiscard]] size_t packed_bytes() const override { return packed_.PackedBytes(); }
  [[nodiscard]] RecordCost cost() const override {
    const kernels::ConvS16Geometry& g = geometry_;
    RecordCost cost;
    cost.macs = g.batch * g.out_height * g.out_width * g.out_channels * g.depth();
    cost.products = DType::kS16;
    cost.window_height = g.kernel_height, cost.window_width = g.kernel_width;
    cost.depthwise = g.depthwise();
    cost.kernel = kernel_.name;
    cost.isa = kernel_.isa;
    return cost;
  }
  void Run(const RunContext& context) const override {
    packed_.Run(context.inputs[0].data<int16_t>(), context.outputs[0].raw, context.scratch,
                context.pool);
  }

 private:
  static kernels::ConvS16Layer WithParameters(kernels::ConvS16Layer layer,
                                              const BoundFunction& function) {
    layer.function = {function.apply, function.parameters.data()};
    return layer;
  }

  kernels::ConvS16Geometry geometry_;
  const kernels::ConvS16Kernel& kernel_;
  BoundFunction function_;  // keeps the function's parameters
  kernels::ConvS16Packed packed_;
};

// The weights as 16-bit numbers.
std::vector<int16_t> WideWeights(ConstTensorView w) {
  std::vector<int16_t> wide(static_cast<size_t>(w.size()));
  if (w.dtype == DType::kS16) {
    std::copy_n(w.data<int16_t>(), wide.size(), wide.begin());
  } else {
    std::copy_n(w.data<int8_t>(), wide.size(), wide.begin());
  }
  return wide;
}

Status ReadEnd(const BindContext& context, kernels::ConvS16Layer& layer, BoundFunction& function) {
  if (context.attributes().String("function", "none") == "table") {
    return context.Invalid("a function of real numbers after 16-bit sums", "a table");
  }
  PLUMB_ASSIGN_OR_RETURN(function, BindFunctionAttribute(context));
  const artifact::TensorInfo& y = context.output(0);
  if (y.dtype == DType::kF32) {
    layer.end = kernels::EndS16::kRealF32;
    return {};
  }
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kS16));
  PLUMB_ASSIGN_OR_RETURN(layer.y_scale, RequireCentredScale(context, y));
  layer.end = function.apply == nullptr ? kernels::EndS16::kRequantize : kernels::EndS16::kRealS16;
  if (function.apply == nullptr) {
    PLUMB_ASSIGN_OR_RETURN(const ClampRange range, ReadClampRange16(context));
    layer.clamp_lo = range.lo;
    layer.clamp_hi = range.hi;
  }
  return {};
}

// Inputs x, w, bias?, m of a record whose geometry is known and whose weights are
// [out_channels][...].
Result<std::unique_ptr<BoundRecord>> MakeConvS16(const BindContext& context,
                                                 const kernels::ConvS16Geometry& geometry) {
  kernels::ConvS16Layer layer;
  layer.geometry = geometry;
  PLUMB_RETURN_IF_ERROR(RequireCentredScale(context, context.input(0)).status());
  const std::vector<int16_t> weights = WideWeights(context.ConstantInput(1));
  layer.weights = weights.data();
  const Shape channels = {geometry.out_channels};
  if (context.HasInput(2)) {
    PLUMB_RETURN_IF_ERROR(context.RequireConstant(2, DType::kS64, channels));
    layer.bias = context.ConstantInput(2).data<int64_t>();
  }
  PLUMB_RETURN_IF_ERROR(context.RequireConstant(3, DType::kF32, channels));
  layer.multiplier = context.ConstantInput(3).data<float>();
  for (int64_t c = 0; c < geometry.out_channels; ++c) {
    if (!(layer.multiplier[c] >= 0.0f && layer.multiplier[c] <= 0x1p30f)) {
      return context.Invalid("factors m within 0..2^30",
                             StrCat(layer.multiplier[c], " for channel ", c));
    }
  }
  BoundFunction function;
  PLUMB_RETURN_IF_ERROR(ReadEnd(context, layer, function));
  const int64_t bound =
      kernels::ConvS16Bound(layer.weights, layer.bias, geometry.out_channels, geometry.depth());
  if (bound > kernels::kMostConvS16) {
    return context.Invalid("|bias| + 2^15 * sum |w| of at most 2^53", StrCat(bound));
  }
  return std::unique_ptr<BoundRecord>(
      std::make_unique<ConvS16>(layer, function, kernels::SelectConvS16(context.isa())));
}

Status RequireWeights(const BindContext& context, int rank) {
  const bool wide = context.HasInput(1) && context.input(1).dtype == DType::kS16;
  PLUMB_RETURN_IF_ERROR(context.RequireInput(1, wide ? DType::kS16 : DType::kS8, rank));
  return context.RequireConstant(1, context.input(1).dtype, context.input(1).shape);
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindConvS16(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(4, 4, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kS16, 4));
  PLUMB_RETURN_IF_ERROR(RequireWeights(context, 4));
  PLUMB_ASSIGN_OR_RETURN(const ConvWindow window, ReadConvWindow(context));
  PLUMB_RETURN_IF_ERROR(CheckConvShapes(context, window));
  const Shape& x = context.input(0).shape;
  const Shape& w = context.input(1).shape;
  const Shape& y = context.output(0).shape;
  kernels::ConvS16Geometry g;
  g.batch = x[0], g.in_height = x[1], g.in_width = x[2], g.in_channels = x[3];
  g.out_height = y[1], g.out_width = y[2], g.out_channels = y[3];
  g.kernel_height = w[1], g.kernel_width = w[2];
  g.stride_height = window.stride_h, g.stride_width = window.stride_w;
  g.dilation_height = window.dilation_h, g.dilation_width = window.dilation_w;
  g.pad_top = window.pad_top, g.pad_left = window.pad_left;
  g.groups = window.groups;
  return MakeConvS16(context, g);
}

Result<std::unique_ptr<BoundRecord>> BindFullyConnectedS16(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(4, 4, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kS16));
  PLUMB_RETURN_IF_ERROR(RequireWeights(context, 2));
  const Shape& x = context.input(0).shape;
  const Shape& w = context.input(1).shape;
  if (x.empty() || x.back() != w[1]) {
    return context.Invalid("input [..., K] and weights [N, K]",
                           StrCat(ShapeToString(x), " and ", ShapeToString(w)));
  }
  Shape y = x;
  y.back() = w[0];
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, y));
  y.pop_back();
  kernels::ConvS16Geometry g;
  g.in_width = g.out_width = NumElements(y);
  g.in_channels = w[1];
  g.out_channels = w[0];
  return MakeConvS16(context, g);
}

}  // namespace plumb::runtime
