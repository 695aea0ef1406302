// conv of f32: y = f(chain over (kernel row, kernel column, channel) + bias).
#include "plumb/kernels/dot_f32/conv_f32.h"
#include "plumb/kernels/dwconv_f32/dwconv_f32.h"
#include "plumb/runtime/bind_conv.h"
#include "plumb/runtime/bind_function.h"
#include "plumb/runtime/conv_window.h"

namespace plumb::runtime {
namespace {

using kernels::ConvF32Shape;

const float* OptionalBias(const RunContext& context) {
  return context.inputs.size() > 2 && context.inputs[2].present() ? context.inputs[2].data<float>()
                                                                  : nullptr;
}

class DenseF32 final : public BoundRecord {
 public:
  DenseF32(const ConvF32Shape& shape, const kernels::DotF32Kernel& kernel, const float* weights,
           const BoundFunction& function)
      : shape_(shape), kernel_(kernel), conv_(shape, kernel, weights), function_(function) {}

  [[nodiscard]] size_t scratch_bytes(int threads) const override {
    return conv_.ScratchBytes(threads);
  }
  [[nodiscard]] size_t packed_bytes() const override { return conv_.PackedBytes(); }
  [[nodiscard]] RecordCost cost() const override {
    RecordCost cost;
    cost.macs = shape_.rows() * shape_.k() * shape_.out_channels;
    cost.products = DType::kF32;
    cost.window_height = shape_.kernel_h, cost.window_width = shape_.kernel_w;
    cost.kernel = kernel_.name;
    cost.isa = kernel_.isa;
    return cost;
  }

  void Run(const RunContext& context) const override {
    conv_.Run(context.inputs[0].data<float>(), OptionalBias(context),
              {function_.apply, function_.parameters.data()}, context.outputs[0].data<float>(),
              context.pool, context.scratch);
  }

 private:
  ConvF32Shape shape_;
  const kernels::DotF32Kernel& kernel_;
  kernels::ConvF32 conv_;
  BoundFunction function_;
};

// One input channel a group, one output channel.
class DepthwiseF32 final : public BoundRecord {
 public:
  DepthwiseF32(const kernels::DwConvF32Shape& shape, const kernels::DwConvF32Kernel& kernel,
               const float* weights, const BoundFunction& function)
      : shape_(shape),
        kernel_(kernel),
        packed_(DType::kF32, {shape.taps(), shape.channels}),
        zeros_(DType::kF32, {shape.channels}),
        function_(function) {
    kernels::PackDwConvF32(weights, shape.channels, shape.taps(), packed_.values<float>().data());
  }

  [[nodiscard]] size_t scratch_bytes(int threads) const override {
    return kernels::DwConvF32ScratchBytes(shape_, threads);
  }
  [[nodiscard]] size_t packed_bytes() const override { return packed_.bytes(); }
  [[nodiscard]] RecordCost cost() const override {
    RecordCost cost;
    cost.macs = shape_.batch * shape_.out_h * shape_.out_w * shape_.taps() * shape_.channels;
    cost.products = DType::kF32;
    cost.window_height = shape_.kernel_h, cost.window_width = shape_.kernel_w;
    cost.depthwise = true;
    cost.kernel = kernel_.name;
    cost.isa = kernel_.isa;
    return cost;
  }

  void Run(const RunContext& context) const override {
    kernels::DwConvF32Job job;
    job.kernel = &kernel_;
    job.shape = &shape_;
    job.x = context.inputs[0].data<float>();
    job.packed = packed_.values<float>().data();
    job.bias = OptionalBias(context);
    job.zeros = zeros_.values<float>().data();
    job.y = context.outputs[0].data<float>();
    job.function = function_.apply;
    job.parameters = function_.parameters.data();
    kernels::RunDwConvF32(job, context.pool, context.scratch);
  }

 private:
  kernels::DwConvF32Shape shape_;
  const kernels::DwConvF32Kernel& kernel_;
  Tensor packed_, zeros_;
  BoundFunction function_;
};

kernels::DwConvF32Shape Depthwise(const ConvF32Shape& s) {
  kernels::DwConvF32Shape d;
  d.batch = s.batch, d.in_h = s.in_h, d.in_w = s.in_w, d.channels = s.in_channels;
  d.out_h = s.out_h, d.out_w = s.out_w, d.kernel_h = s.kernel_h, d.kernel_w = s.kernel_w;
  d.stride_h = s.stride_h, d.stride_w = s.stride_w, d.pad_top = s.pad_top, d.pad_left = s.pad_left;
  d.dilation_h = s.dilation_h, d.dilation_w = s.dilation_w;
  return d;
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindConvF32(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(2, 3, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kF32, 4));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(1, DType::kF32, 4));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kF32, 4));
  PLUMB_ASSIGN_OR_RETURN(const ConvWindow window, ReadConvWindow(context));
  PLUMB_RETURN_IF_ERROR(CheckConvShapes(context, window));
  const Shape& x = context.input(0).shape;
  const Shape& w = context.input(1).shape;
  const Shape& y = context.output(0).shape;
  if (context.HasInput(2)) {
    PLUMB_RETURN_IF_ERROR(context.RequireConstant(2, DType::kF32, {w[0]}));
  }
  PLUMB_ASSIGN_OR_RETURN(const BoundFunction function, BindFunctionAttribute(context));
  ConvF32Shape shape;
  shape.batch = x[0], shape.in_h = x[1], shape.in_w = x[2], shape.in_channels = x[3];
  shape.out_h = y[1], shape.out_w = y[2], shape.out_channels = w[0];
  shape.kernel_h = w[1], shape.kernel_w = w[2];
  shape.stride_h = window.stride_h, shape.stride_w = window.stride_w;
  shape.pad_top = window.pad_top, shape.pad_left = window.pad_left;
  shape.dilation_h = window.dilation_h, shape.dilation_w = window.dilation_w;
  shape.groups = window.groups;
  const float* weights = context.ConstantInput(1).data<float>();
  if (shape.groups > 1 && shape.groups == shape.in_channels && shape.groups == shape.out_channels) {
    return std::unique_ptr<BoundRecord>(std::make_unique<DepthwiseF32>(
        Depthwise(shape), kernels::SelectDwConvF32(context.isa()), weights, function));
  }
  return std::unique_ptr<BoundRecord>(
      std::make_unique<DenseF32>(shape, kernels::SelectDotF32(context.isa()), weights, function));
}

}  // namespace plumb::runtime
