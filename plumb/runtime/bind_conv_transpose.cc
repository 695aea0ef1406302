// conv_transpose of f32: see kernels/dot_f32/conv_transpose_f32.h. The output's size comes from its
// tensor: positions that no input meets (output padding) are +0 + bias.
#include <algorithm>

#include "plumb/kernels/dot_f32/conv_transpose_f32.h"
#include "plumb/runtime/binding.h"
#include "plumb/runtime/conv_window.h"

namespace plumb::runtime {
namespace {

class ConvTransposeF32 final : public BoundRecord {
 public:
  ConvTransposeF32(const kernels::ConvTransposeF32Shape& shape, const kernels::DotF32Kernel& kernel,
                   const float* weights)
      : shape_(shape), kernel_(kernel), layer_(shape, kernel, weights) {}
  [[nodiscard]] size_t scratch_bytes(int threads) const override {
    return layer_.scratch_bytes(threads);
  }
  [[nodiscard]] size_t packed_bytes() const override { return layer_.packed_bytes(); }
  [[nodiscard]] RecordCost cost() const override {
    const kernels::ConvTransposeF32Shape& s = shape_;
    RecordCost cost;
    cost.macs = s.batch * s.in_h * s.in_w * s.in_channels * s.kernel_h * s.kernel_w *
                (s.out_channels / s.groups);
    cost.products = DType::kF32;
    cost.window_height = s.kernel_h, cost.window_width = s.kernel_w;
    cost.kernel = kernel_.name;
    cost.isa = kernel_.isa;
    return cost;
  }
  void Run(const RunContext& context) const override {
    const bool biased = context.inputs.size() > 2 && context.inputs[2].present();
    layer_.Run(context.inputs[0].data<float>(), biased ? context.inputs[2].data<float>() : nullptr,
               context.outputs[0].data<float>(), context.pool, context.scratch);
  }

 private:
  kernels::ConvTransposeF32Shape shape_;
  const kernels::DotF32Kernel& kernel_;
  kernels::ConvTransposeF32 layer_;
};

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindConvTranspose(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(2, 3, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kF32, 4));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(1, DType::kF32, 4));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kF32, 4));
  PLUMB_ASSIGN_OR_RETURN(const ConvWindow window, ReadConvWindow(context));
  const Shape& x = context.input(0).shape;
  const Shape& w = context.input(1).shape;
  const Shape& y = context.output(0).shape;
  PLUMB_RETURN_IF_ERROR(context.RequireConstant(1, DType::kF32, w));
  constexpr int64_t kLimit = int64_t{1} << 30;
  for (const Shape* shape : {&x, &w, &y}) {
    if (std::any_of(shape->begin(), shape->end(), [](int64_t d) { return d < 1 || d > kLimit; })) {
      return context.Invalid(StrCat("sizes between 1 and ", kLimit), ShapeToString(*shape));
    }
  }
  constexpr int64_t kMostTaps = 4096;
  if (w[1] > kMostTaps || w[2] > kMostTaps) {
    return context.Invalid(StrCat("kernels of at most ", kMostTaps, " rows and columns"),
                           ShapeToString(w));
  }
  if (x[3] % window.groups != 0 || w[0] != x[3]) {
    return context.Invalid(
        StrCat("groups to divide ", x[3], " input channels and weights for each"),
        StrCat("groups ", window.groups, ", weights ", ShapeToString(w)));
  }
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, {x[0], y[1], y[2], w[3] * window.groups}));
  if (context.HasInput(2)) {
    PLUMB_RETURN_IF_ERROR(context.RequireConstant(2, DType::kF32, {y[3]}));
  }
  kernels::ConvTransposeF32Shape s;
  s.batch = x[0], s.in_h = x[1], s.in_w = x[2], s.in_channels = x[3];
  s.out_h = y[1], s.out_w = y[2], s.out_channels = y[3];
  s.kernel_h = w[1], s.kernel_w = w[2];
  s.stride_h = window.stride_h, s.stride_w = window.stride_w;
  s.pad_top = window.pad_top, s.pad_left = window.pad_left;
  s.dilation_h = window.dilation_h, s.dilation_w = window.dilation_w;
  s.groups = window.groups;
  return std::unique_ptr<BoundRecord>(std::make_unique<ConvTransposeF32>(
      s, kernels::SelectDotF32(context.isa()), context.ConstantInput(1).data<float>()));
}

}  // namespace plumb::runtime
