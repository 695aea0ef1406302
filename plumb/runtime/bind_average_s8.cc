// average_pool and reduce_mean: of 8-bit tensors on grids, or of plain elements.
#include <algorithm>

#include "plumb/kernels/pool/average_s8.h"
#include "plumb/runtime/bind_grid.h"
#include "plumb/runtime/bind_pool.h"
#include "plumb/runtime/bind_reduce.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {
namespace {

bool OnGrids(const BindContext& context) {
  return !context.input(0).quantization.empty() || !context.output(0).quantization.empty();
}

Result<kernels::AverageS8Params> ReadParams(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kS8));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kS8));
  PLUMB_ASSIGN_OR_RETURN(const TensorGrid x, RequireTensorGrid(context, context.input(0)));
  PLUMB_ASSIGN_OR_RETURN(const TensorGrid y, RequireTensorGrid(context, context.output(0)));
  const float multiplier = x.scale / y.scale;
  if (!(multiplier <= 0x1p60f)) {
    return context.Invalid("scales whose ratio is at most 2^60", StrCat(multiplier));
  }
  return kernels::AverageS8Params{x.zero_point, y.zero_point, multiplier};
}

Status RequireCount(const BindContext& context, int64_t count) {
  return count >= 1 && count <= kernels::kMostAveraged
             ? Status()
             : context.Invalid(StrCat("means of 1 to ", kernels::kMostAveraged, " numbers"),
                               StrCat(count));
}

Result<std::unique_ptr<BoundRecord>> BindPoolOnGrids(const BindContext& context) {
  PLUMB_ASSIGN_OR_RETURN(const kernels::AverageS8Params params, ReadParams(context));
  PLUMB_ASSIGN_OR_RETURN(const kernels::PoolShape shape, PoolShapeOf(context));
  PLUMB_ASSIGN_OR_RETURN(const int64_t include, IntOr(context, "count_include_pad", 0));
  PLUMB_RETURN_IF_ERROR(RequireCount(context, shape.kernel_h));
  PLUMB_RETURN_IF_ERROR(RequireCount(context, shape.kernel_w));
  PLUMB_RETURN_IF_ERROR(RequireCount(context, shape.kernel_h * shape.kernel_w));
  return MakeRecord([params, shape, include](const RunContext& run) {
    kernels::AveragePoolS8(shape, include != 0, params, run.inputs[0].data<int8_t>(),
                           run.outputs[0].data<int8_t>(), run.pool);
  });
}

Result<std::unique_ptr<BoundRecord>> BindMeanOnGrids(const BindContext& context) {
  PLUMB_ASSIGN_OR_RETURN(const kernels::AverageS8Params params, ReadParams(context));
  const Shape& shape = context.input(0).shape;
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, context.attributes().RequireInts("axes"));
  PLUMB_ASSIGN_OR_RETURN(const int64_t keep, IntOr(context, "keepdims", 1));
  int64_t count = 1;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] < 0 || axes[i] >= static_cast<int64_t>(shape.size()) ||
        (i > 0 && axes[i] <= axes[i - 1])) {
      return context.Invalid(StrCat("ascending axes of a tensor of rank ", shape.size()),
                             StrCat("axis ", axes[i]));
    }
    count *= shape[static_cast<size_t>(axes[i])];
    PLUMB_RETURN_IF_ERROR(RequireCount(context, count));
  }
  Shape expected;
  for (size_t d = 0; d < shape.size(); ++d) {
    const bool reduced = std::find(axes.begin(), axes.end(), static_cast<int64_t>(d)) != axes.end();
    if (!reduced || keep != 0) {
      expected.push_back(reduced ? 1 : shape[d]);
    }
  }
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, expected));
  return MakeRecord([params, plan = kernels::MakeMeanPlan(shape, axes)](const RunContext& run) {
    kernels::MeanS8(plan, params, run.inputs[0].data<int8_t>(), run.outputs[0].data<int8_t>(),
                    run.pool);
  });
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindAverage(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  return OnGrids(context) ? BindPoolOnGrids(context) : BindAveragePool(context);
}

Result<std::unique_ptr<BoundRecord>> BindMean(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  return OnGrids(context) ? BindMeanOnGrids(context) : BindReduce(context);
}

}  // namespace plumb::runtime
