// quantize_linear, dequantize_linear: scale and zero point as inputs 1 and 2.
#include "plumb/kernels/elementwise/quantize_linear.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {
namespace {

// `integer` is the type of the zero point.
Result<kernels::LinearPlan> LinearPlanOf(const BindContext& context, DType integer) {
  PLUMB_RETURN_IF_ERROR(context.RequireInput(1, DType::kF32));
  const Shape& shape = context.input(0).shape;
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, shape));
  const Shape& scale = context.input(1).shape;
  if (context.HasInput(2)) {
    PLUMB_RETURN_IF_ERROR(context.RequireInput(2, integer));
    PLUMB_RETURN_IF_ERROR(RequireInputShape(context, 2, scale));
  }
  if (NumElements(scale) == 1 && scale.size() <= 1) {
    return kernels::LinearPlan{1, 1, NumElements(shape)};
  }
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, AxisOr(context, 1, shape.size()));
  const auto at = static_cast<size_t>(axis);
  if (scale != Shape{shape[at]}) {
    return context.Invalid(StrCat("one scale, or ", shape[at], " along axis ", axis),
                           ShapeToString(scale));
  }
  return kernels::LinearPlan{ProductOf(shape, 0, at), shape[at],
                             ProductOf(shape, at + 1, shape.size())};
}

const void* ZeroPoint(const RunContext& run) {
  return run.inputs.size() > 2 ? run.inputs[2].raw : nullptr;
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindQuantizeLinear(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 2, 3, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kF32));
  const DType dtype = context.output(0).dtype;
  const auto function = kernels::FindQuantizeLinear(dtype);
  if (function == nullptr) {
    return context.Invalid("s8, u8, s16, u16 or s32", DTypeName(dtype));
  }
  PLUMB_ASSIGN_OR_RETURN(const auto plan, LinearPlanOf(context, dtype));
  return MakeRecord([plan, function](const RunContext& run) {
    function(plan, static_cast<const float*>(run.inputs[0].raw),
             static_cast<const float*>(run.inputs[1].raw), ZeroPoint(run), run.outputs[0].raw,
             run.pool);
  });
}

Result<std::unique_ptr<BoundRecord>> BindDequantizeLinear(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 2, 3, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kF32));
  const DType dtype = context.input(0).dtype;
  const auto function = kernels::FindDequantizeLinear(dtype);
  if (function == nullptr) {
    return context.Invalid("s8, u8, s16, u16 or s32", DTypeName(dtype));
  }
  PLUMB_ASSIGN_OR_RETURN(const auto plan, LinearPlanOf(context, dtype));
  return MakeRecord([plan, function](const RunContext& run) {
    function(plan, run.inputs[0].raw, static_cast<const float*>(run.inputs[1].raw), ZeroPoint(run),
             static_cast<float*>(run.outputs[0].raw), run.pool);
  });
}

}  // namespace plumb::runtime
