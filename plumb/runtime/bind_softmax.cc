// softmax and log_softmax {axis} of f32.
#include "plumb/kernels/softmax/softmax.h"
#include "plumb/runtime/binding.h"

namespace plumb::runtime {
namespace {

using kernels::SoftmaxForm;

class Softmax final : public BoundRecord {
 public:
  Softmax(const kernels::SoftmaxKernel& kernel, SoftmaxForm form, int64_t n, int64_t inner)
      : kernel_(kernel), form_(form), n_(n), inner_(inner) {}
  void Run(const RunContext& context) const override {
    const int64_t size = context.outputs[0].size();
    if (size > 0) {
      kernels::RunSoftmax(kernel_, form_, context.inputs[0].data<float>(),
                          context.outputs[0].data<float>(), size / (n_ * inner_), n_, inner_,
                          context.pool);
    }
  }

 private:
  const kernels::SoftmaxKernel& kernel_;
  SoftmaxForm form_;
  int64_t n_, inner_;
};

Result<std::unique_ptr<BoundRecord>> Bind(const BindContext& context, SoftmaxForm form) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(1, 1, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kF32));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kF32));
  const Shape& shape = context.input(0).shape;
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, shape));
  const auto axis = context.attributes().RequireInt("axis");
  if (!axis.ok()) {
    return axis.status();
  }
  const auto rank = static_cast<int64_t>(shape.size());
  if (*axis < 0 || *axis >= rank) {
    return context.Invalid(StrCat("an axis from 0 to ", rank - 1), StrCat(*axis));
  }
  int64_t n = 0, inner = 0;
  if (NumElements(shape) > 0) {  // otherwise nothing bounds the product
    n = shape[static_cast<size_t>(*axis)];
    inner = NumElements(std::span(shape).subspan(static_cast<size_t>(*axis) + 1));
  }
  return std::unique_ptr<BoundRecord>(
      std::make_unique<Softmax>(kernels::SelectSoftmax(context.isa()), form, n, inner));
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindSoftmax(const BindContext& context) {
  return Bind(context, SoftmaxForm::kSoftmax);
}
Result<std::unique_ptr<BoundRecord>> BindLogSoftmax(const BindContext& context) {
  return Bind(context, SoftmaxForm::kLogSoftmax);
}

}  // namespace plumb::runtime
