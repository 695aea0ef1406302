#include "plumb/runtime/bind_dot_s8.h"

#include <cmath>

#include "plumb/kernels/dwconv/dwconv.h"
#include "plumb/kernels/lut/lut.h"
#include "plumb/runtime/bind_grid.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {
namespace {

RecordCost CostOf(const kernels::DotGeometry& g, const char* kernel, Isa isa) {
  RecordCost cost;
  cost.macs = kernels::DotPixels(g) * kernels::DotDepth(g) * g.out_channels;
  cost.products = DType::kS8;
  cost.window_height = g.kernel_height, cost.window_width = g.kernel_width;
  cost.depthwise = g.groups > 1 && g.groups == g.in_channels && g.groups == g.out_channels;
  cost.kernel = kernel;
  cost.isa = isa;
  return cost;
}

class DotS8 final : public BoundRecord {
 public:
  DotS8(std::unique_ptr<DotS8Layer> layer, const kernels::DotKernel& kernel)
      : layer_(std::move(layer)), kernel_(kernel), packed_(layer_->layer, kernel) {}
  [[nodiscard]] size_t scratch_bytes(int threads) const override {
    return packed_.ScratchBytes(threads);
  }
  [[nodiscard]] size_t packed_bytes() const override { return packed_.PackedBytes(); }
  [[nodiscard]] RecordCost cost() const override {
    return CostOf(layer_->layer.geometry, kernel_.name, kernel_.isa);
  }
  void Run(const RunContext& context) const override {
    const bool adds = context.inputs.size() > 5 && context.inputs[5].present();
    const int8_t* residual = adds ? context.inputs[5].data<int8_t>() : nullptr;
    packed_.Run(context.inputs[0].data<int8_t>(), context.outputs[0].raw, context.scratch,
                context.pool, residual);
  }

 private:
  std::unique_ptr<DotS8Layer> layer_;  // keeps the function's parameters
  const kernels::DotKernel& kernel_;
  kernels::DotPacked packed_;
};

kernels::DwConvLayer DwConvOf(const kernels::DotLayer& layer, const ChannelGrid& x_grid) {
  const kernels::DotGeometry& g = layer.geometry;
  kernels::DwConvLayer l;
  l.batch = g.batch, l.in_height = g.in_height, l.in_width = g.in_width;
  l.channels = g.in_channels;
  l.out_height = g.out_height, l.out_width = g.out_width;
  l.kernel_height = g.kernel_height, l.kernel_width = g.kernel_width;
  l.stride_height = g.stride_height, l.stride_width = g.stride_width;
  l.dilation_height = g.dilation_height, l.dilation_width = g.dilation_width;
  l.pad_top = g.pad_top, l.pad_left = g.pad_left;
  l.x_pitch = layer.x_pitch;
  l.x_zero_point = x_grid.zero_point.data();
  l.weights = layer.weights;
  l.bias = layer.bias;
  l.end = layer.end;
  return l;
}

class DwConvS8 final : public BoundRecord {
 public:
  DwConvS8(std::unique_ptr<DotS8Layer> layer, const ChannelGrid& x_grid,
           const kernels::DwConvKernel& kernel)
      : layer_(std::move(layer)),
        kernel_(kernel),
        packed_(DwConvOf(layer_->layer, x_grid), kernel) {}
  [[nodiscard]] size_t scratch_bytes(int threads) const override {
    return packed_.ScratchBytes(threads);
  }
  [[nodiscard]] size_t packed_bytes() const override { return packed_.PackedBytes(); }
  [[nodiscard]] RecordCost cost() const override {
    return CostOf(layer_->layer.geometry, kernel_.name, kernel_.isa);
  }
  void Run(const RunContext& context) const override {
    packed_.Run(context.inputs[0].data<int8_t>(), context.outputs[0].raw, context.scratch,
                context.pool);
  }

 private:
  std::unique_ptr<DotS8Layer> layer_;  // keeps the function's parameters
  const kernels::DwConvKernel& kernel_;
  kernels::DwConvPacked packed_;
};

Status CheckSums(const BindContext& context, const kernels::DotLayer& layer) {
  const int64_t bound = kernels::AccumulatorBound(
      layer.weights, layer.bias, layer.geometry.out_channels, kernels::DotDepth(layer.geometry));
  return bound <= INT32_MAX
             ? Status()
             : context.Invalid(StrCat("|bias| + 255 * sum |w| of at most ", INT32_MAX),
                               StrCat(bound));
}

// The grid that the layer itself rounds to: its output's, or the one that a residual is added on.
Result<ChannelGrid> OwnGrid(const BindContext& context, int64_t channels) {
  if (!context.HasInput(5)) {
    return RequireChannelGrid(context, context.output(0));
  }
  const auto n = static_cast<size_t>(channels);
  PLUMB_ASSIGN_OR_RETURN(const float scale, FloatOr(context, "own_scale", 0.0f));
  PLUMB_ASSIGN_OR_RETURN(const int64_t zero,
                         ReadIntWithin(context, "own_zero_point", 0, -128, 127));
  if (!std::isnormal(scale) || scale < 0) {
    return context.Invalid("a positive own_scale for the residual's sum", StrCat(scale));
  }
  return ChannelGrid{std::vector<float>(n, scale),
                     std::vector<int32_t>(n, static_cast<int32_t>(zero))};
}

// A second tensor added to the layer's own result, by the rule of two tensors (arithmetic.md, A5).
Status ReadResidual(const BindContext& context, DotS8Layer& out) {
  if (!context.HasInput(5)) {
    return {};
  }
  PLUMB_RETURN_IF_ERROR(context.RequireInput(5, DType::kS8));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kS8));
  if (context.input(5).shape != context.output(0).shape) {
    return context.Invalid(StrCat("a residual of shape ", ShapeToString(context.output(0).shape)),
                           ShapeToString(context.input(5).shape));
  }
  PLUMB_ASSIGN_OR_RETURN(const ChannelGrid own, OwnGrid(context, 1));
  PLUMB_ASSIGN_OR_RETURN(const TensorGrid r, RequireTensorGrid(context, context.input(5)));
  PLUMB_ASSIGN_OR_RETURN(const TensorGrid y, RequireTensorGrid(context, context.output(0)));
  PLUMB_ASSIGN_OR_RETURN(const ClampRange range,
                         ReadClampRange(context, "sum_clamp_lo", "sum_clamp_hi"));
  kernels::EndResidual sum;
  sum.own_multiplier = own.scale[0] / y.scale;
  sum.multiplier = r.scale / y.scale;
  sum.own_zero_point = own.zero_point[0];
  sum.zero_point = r.zero_point;
  sum.y_zero_point = y.zero_point;
  sum.lo = range.lo;
  sum.hi = range.hi;
  if (!(sum.own_multiplier <= 0x1p60f && sum.multiplier <= 0x1p60f)) {
    return context.Invalid("scales whose ratio is at most 2^60",
                           StrCat(sum.own_multiplier, " and ", sum.multiplier));
  }
  out.layer.end.residual = sum;
  return {};
}

Status ReadEnd(const BindContext& context, const std::string& function, DotS8Layer& out) {
  kernels::LayerEndSpec& layer = out.layer.end;
  const artifact::TensorInfo& y = context.output(0);
  if (function == "table") {
    PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kS8));
    PLUMB_RETURN_IF_ERROR(context.RequireConstant(4, DType::kS8, {256}));
    PLUMB_ASSIGN_OR_RETURN(const int64_t zero,
                           ReadIntWithin(context, "mid_zero_point", 0, -128, 127));
    layer.kind = kernels::EndKind::kTable;
    layer.mid_zero_point = static_cast<int32_t>(zero);
    layer.table = context.ConstantInput(4).data<int8_t>();
    layer.look_up = kernels::SelectLut(context.isa()).run;
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(out.function, BindFunctionAttribute(context));
  layer.function = {
      out.function.apply, out.function.parameters.data(),
      function == "silu" ? kernels::KnownFunction::kSilu : kernels::KnownFunction::kOther};
  if (y.dtype == DType::kF32) {
    layer.kind = kernels::EndKind::kRealF32;
    return {};
  }
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kS8));
  PLUMB_ASSIGN_OR_RETURN(ChannelGrid grid, OwnGrid(context, out.layer.geometry.out_channels));
  out.y_scale = std::move(grid.scale);
  out.y_zero_point = std::move(grid.zero_point);
  layer.y_scale = out.y_scale.data();
  layer.y_zero_point = out.y_zero_point.data();
  layer.kind = function == "none" ? kernels::EndKind::kRequantize : kernels::EndKind::kRealS8;
  if (function == "none") {
    PLUMB_ASSIGN_OR_RETURN(const ClampRange range, ReadClampRange(context));
    layer.clamp_lo = range.lo;
    layer.clamp_hi = range.hi;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<DotS8Layer>> ReadDotS8Layer(const BindContext& context,
                                                   const kernels::DotGeometry& geometry) {
  auto out = std::make_unique<DotS8Layer>();
  kernels::DotLayer& layer = out->layer;
  layer.geometry = geometry;
  const Shape channels = {geometry.out_channels};
  layer.weights = context.ConstantInput(1).data<int8_t>();
  if (context.HasInput(2)) {
    PLUMB_RETURN_IF_ERROR(context.RequireConstant(2, DType::kS32, channels));
    layer.bias = context.ConstantInput(2).data<int32_t>();
  }
  PLUMB_RETURN_IF_ERROR(context.RequireConstant(3, DType::kF32, channels));
  layer.end.multiplier = context.ConstantInput(3).data<float>();
  for (int64_t c = 0; c < geometry.out_channels; ++c) {
    if (!(layer.end.multiplier[c] >= 0.0f && layer.end.multiplier[c] <= 0x1p30f)) {
      return context.Invalid("factors m within 0..2^30",
                             StrCat(layer.end.multiplier[c], " for channel ", c));
    }
  }
  std::string function = "none";
  if (context.attributes().Has("function")) {
    PLUMB_ASSIGN_OR_RETURN(function, context.attributes().RequireString("function"));
  }
  PLUMB_RETURN_IF_ERROR(ReadEnd(context, function, *out));
  PLUMB_RETURN_IF_ERROR(ReadResidual(context, *out));
  return out;
}

Result<std::unique_ptr<BoundRecord>> MakeDotS8Record(const BindContext& context,
                                                     std::unique_ptr<DotS8Layer> layer) {
  PLUMB_RETURN_IF_ERROR(CheckSums(context, layer->layer));
  return std::unique_ptr<BoundRecord>(
      std::make_unique<DotS8>(std::move(layer), kernels::SelectDot(context.isa())));
}

Result<std::unique_ptr<BoundRecord>> MakeDwConvS8Record(const BindContext& context,
                                                        std::unique_ptr<DotS8Layer> layer,
                                                        const ChannelGrid& x_grid) {
  PLUMB_RETURN_IF_ERROR(CheckSums(context, layer->layer));
  return std::unique_ptr<BoundRecord>(
      std::make_unique<DwConvS8>(std::move(layer), x_grid, kernels::SelectDwConv(context.isa())));
}

}  // namespace plumb::runtime
