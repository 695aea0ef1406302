// add, sub and mul: of 8-bit tensors, each on a grid of its own, of 16-bit tensors, or of plain
// elements.
#include "plumb/kernels/elementwise/elementwise_s8.h"
#include "plumb/runtime/bind_elementwise.h"
#include "plumb/runtime/bind_grid.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {
namespace {

bool SameShapes(const BindContext& context) {
  const Shape& y = context.output(0).shape;
  return context.HasInput(0) && context.HasInput(1) && context.input(0).shape == y &&
         context.input(1).shape == y && !y.empty();
}

kernels::Nest<3> NestOf(const BindContext& context) {
  const Shape& y = context.output(0).shape;
  if (!SameShapes(context) || NumElements(y) == 0) {
    return kernels::ElementwiseS8Nest(context.input(0).shape, context.input(1).shape, y);
  }
  kernels::Nest<3> nest;
  nest.Add(NumElements(y) / y.back(),
           {context.output_pitch(0), context.input_pitch(0), context.input_pitch(1)});
  nest.Add(y.back(), {1, 1, 1});
  nest.Finish();
  return nest;
}

Result<std::unique_ptr<BoundRecord>> BindOnGrids(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 2, 2, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kS8));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(1, DType::kS8));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kS8));
  const Shape& y = context.output(0).shape;
  for (size_t i = 0; i < 2; ++i) {
    if (!kernels::BroadcastsTo(context.input(i).shape, y)) {
      return context.Invalid(StrCat("input ", i, " to broadcast to ", ShapeToString(y)),
                             ShapeToString(context.input(i).shape));
    }
  }
  PLUMB_ASSIGN_OR_RETURN(const TensorGrid a_grid, RequireTensorGrid(context, context.input(0)));
  PLUMB_ASSIGN_OR_RETURN(const TensorGrid b_grid, RequireTensorGrid(context, context.input(1)));
  PLUMB_ASSIGN_OR_RETURN(const TensorGrid y_grid, RequireTensorGrid(context, context.output(0)));
  PLUMB_ASSIGN_OR_RETURN(const ClampRange range, ReadClampRange(context));
  kernels::ElementwiseS8Params params;
  params.a_zero_point = a_grid.zero_point;
  params.b_zero_point = b_grid.zero_point;
  params.y_zero_point = y_grid.zero_point;
  params.lo = range.lo;
  params.hi = range.hi;
  const std::string& op = context.record().op;
  if (op == "mul") {
    params.op = kernels::ElementwiseS8Op::kMul;
    const float product = a_grid.scale * b_grid.scale;
    params.a_multiplier = product / y_grid.scale;
  } else if (op == "add" || op == "sub") {
    params.op = op == "add" ? kernels::ElementwiseS8Op::kAdd : kernels::ElementwiseS8Op::kSub;
    params.a_multiplier = a_grid.scale / y_grid.scale;
    params.b_multiplier = b_grid.scale / y_grid.scale;
  } else {
    return context.Invalid("add, sub or mul of 8-bit tensors with grids", op);
  }
  // So that no term is infinite and no sum NaN.
  if (!(params.a_multiplier <= 0x1p60f && params.b_multiplier <= 0x1p60f)) {
    return context.Invalid("scales whose ratio is at most 2^60",
                           StrCat(params.a_multiplier, " and ", params.b_multiplier));
  }
  return MakeRecord([params, nest = NestOf(context),
                     &kernel = kernels::SelectElementwiseS8(context.isa())](const RunContext& run) {
    kernels::ElementwiseS8(kernel, params, nest, run.inputs[0].data<int8_t>(),
                           run.inputs[1].data<int8_t>(), run.outputs[0].data<int8_t>(), run.pool);
  });
}

}  // namespace

// Of 8-bit tensors of one shape: rows may lie apart.
Placement PlaceArithmetic(const BindContext& context) {
  const bool rows = SameShapes(context) && context.input(0).dtype == DType::kS8 &&
                    !context.output(0).quantization.empty();
  return {.pitched_inputs = rows ? 3u : 0u, .pitched_output = rows};
}

Result<std::unique_ptr<BoundRecord>> BindArithmetic(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 2, 2, 1));
  const bool plain = context.input(0).quantization.empty() &&
                     context.input(1).quantization.empty() &&
                     context.output(0).quantization.empty();
  if (plain) {
    return BindBinary(context);
  }
  return context.input(0).dtype == DType::kS16 ? BindArithmeticS16(context) : BindOnGrids(context);
}

}  // namespace plumb::runtime
