// fully_connected of f32: y[..., n] = f(chain over k of x[..., k] * w[n, k] + bias[n]).
#include "plumb/kernels/dot_f32/dot_f32.h"
#include "plumb/runtime/bind_fully_connected.h"
#include "plumb/runtime/bind_function.h"

namespace plumb::runtime {
namespace {

using kernels::DotF32Kernel;
using kernels::DotF32Panels;

class FullyConnectedF32 final : public BoundRecord {
 public:
  FullyConnectedF32(const DotF32Kernel& kernel, int64_t rows, int64_t k, int64_t columns,
                    const float* weights, const BoundFunction& function)
      : kernel_(kernel),
        rows_(rows),
        panels_(kernel, k, columns),
        packed_(DType::kF32, {panels_.elements()}),
        function_(function) {
    panels_.PackColumns(weights, packed_.values<float>().data());
  }

  [[nodiscard]] size_t scratch_bytes(int threads) const override {
    return kernels::DotF32ScratchBytes(threads);
  }
  [[nodiscard]] size_t packed_bytes() const override { return packed_.bytes(); }
  [[nodiscard]] RecordCost cost() const override {
    RecordCost cost;
    cost.macs = rows_ * panels_.k() * panels_.columns();
    cost.products = DType::kF32;
    cost.kernel = kernel_.name;
    cost.isa = kernel_.isa;
    return cost;
  }

  void Run(const RunContext& context) const override {
    const kernels::DotF32Matrix rows(context.inputs[0].data<float>(), panels_.k());
    kernels::DotF32Job job;
    job.kernel = &kernel_;
    job.rows = &rows;
    job.row_count = rows_;
    job.panels = &panels_;
    job.packed = packed_.values<float>().data();
    job.bias = context.inputs.size() > 2 && context.inputs[2].present()
                   ? context.inputs[2].data<float>()
                   : nullptr;
    job.c = context.outputs[0].data<float>();
    job.c_stride = panels_.columns();
    job.function = {function_.apply, function_.parameters.data()};
    kernels::RunDotF32(job, context.pool, context.scratch);
  }

 private:
  const DotF32Kernel& kernel_;
  int64_t rows_;
  DotF32Panels panels_;
  Tensor packed_;
  BoundFunction function_;
};

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindFullyConnectedF32(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(2, 3, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kF32));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(1, DType::kF32, 2));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kF32));
  const Shape& x = context.input(0).shape;
  const Shape& w = context.input(1).shape;
  PLUMB_RETURN_IF_ERROR(context.RequireConstant(1, DType::kF32, w));
  if (x.empty() || x.back() != w[1] || w[0] < 1) {
    return context.Invalid(StrCat("input [..., K] and weights [N, K]"),
                           StrCat(ShapeToString(x), " and ", ShapeToString(w)));
  }
  Shape expected = x;
  expected.back() = w[0];
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, expected));
  if (context.HasInput(2)) {
    PLUMB_RETURN_IF_ERROR(context.RequireConstant(2, DType::kF32, {w[0]}));
  }
  PLUMB_ASSIGN_OR_RETURN(const BoundFunction function, BindFunctionAttribute(context));
  return std::unique_ptr<BoundRecord>(std::make_unique<FullyConnectedF32>(
      kernels::SelectDotF32(context.isa()), NumElements(expected) / w[0], w[1], w[0],
      context.ConstantInput(1).data<float>(), function));
}

}  // namespace plumb::runtime
