// add, sub and mul of 16-bit tensors, zero points 0, each with a scale of its own.
#include "plumb/kernels/elementwise/elementwise_s16.h"
#include "plumb/kernels/elementwise/elementwise_s8.h"
#include "plumb/runtime/bind_elementwise.h"
#include "plumb/runtime/bind_grid.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {

Result<std::unique_ptr<BoundRecord>> BindArithmeticS16(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kS16));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(1, DType::kS16));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kS16));
  const Shape& y = context.output(0).shape;
  for (size_t i = 0; i < 2; ++i) {
    if (!kernels::BroadcastsTo(context.input(i).shape, y)) {
      return context.Invalid(StrCat("input ", i, " to broadcast to ", ShapeToString(y)),
                             ShapeToString(context.input(i).shape));
    }
  }
  PLUMB_ASSIGN_OR_RETURN(const float a, RequireCentredScale(context, context.input(0)));
  PLUMB_ASSIGN_OR_RETURN(const float b, RequireCentredScale(context, context.input(1)));
  PLUMB_ASSIGN_OR_RETURN(const float out, RequireCentredScale(context, context.output(0)));
  PLUMB_ASSIGN_OR_RETURN(const ClampRange range, ReadClampRange16(context));
  kernels::ElementwiseS16Params params;
  params.lo = range.lo;
  params.hi = range.hi;
  const std::string& op = context.record().op;
  if (op == "mul") {
    params.op = kernels::ElementwiseS16Op::kMul;
    const float product = a * b;
    params.a_multiplier = product / out;
  } else {
    params.op = op == "add" ? kernels::ElementwiseS16Op::kAdd : kernels::ElementwiseS16Op::kSub;
    params.a_multiplier = a / out;
    params.b_multiplier = b / out;
  }
  // So that no term is infinite and no sum NaN.
  if (!(params.a_multiplier <= 0x1p60f && params.b_multiplier <= 0x1p60f)) {
    return context.Invalid("scales whose ratio is at most 2^60",
                           StrCat(params.a_multiplier, " and ", params.b_multiplier));
  }
  return MakeRecord(
      [params, nest = kernels::ElementwiseS8Nest(context.input(0).shape, context.input(1).shape, y),
       &kernel = kernels::SelectElementwiseS16(context.isa())](const RunContext& run) {
        kernels::ElementwiseS16(kernel, params, nest, run.inputs[0].data<int16_t>(),
                                run.inputs[1].data<int16_t>(), run.outputs[0].data<int16_t>(),
                                run.pool);
      });
}

}  // namespace plumb::runtime
