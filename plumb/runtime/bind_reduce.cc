// reduce_sum, reduce_mean, ... (reduce_ops.inc), argmax, argmin.
#include "plumb/runtime/bind_reduce.h"

#include <algorithm>

#include "plumb/kernels/reduce/reduce.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {
namespace {

// The shape that is left, with or without dimensions of 1 where an axis was reduced.
Shape ReducedShape(const Shape& in, const std::vector<int64_t>& axes, bool keep) {
  Shape out;
  for (size_t d = 0; d < in.size(); ++d) {
    if (std::find(axes.begin(), axes.end(), static_cast<int64_t>(d)) == axes.end()) {
      out.push_back(in[d]);
    } else if (keep) {
      out.push_back(1);
    }
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindReduce(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  const Shape& in = context.input(0).shape;
  PLUMB_ASSIGN_OR_RETURN(const auto axes, context.attributes().RequireInts("axes"));
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] < 0 || axes[i] >= static_cast<int64_t>(in.size()) ||
        (i > 0 && axes[i] <= axes[i - 1])) {
      return context.Invalid(StrCat("ascending axes of a tensor of rank ", in.size()),
                             StrCat("axis ", axes[i]));
    }
  }
  PLUMB_ASSIGN_OR_RETURN(const int64_t keep, IntOr(context, "keepdims", 1));
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, ReducedShape(in, axes, keep != 0)));
  kernels::ReducePlan plan = kernels::MakeReducePlan(in, axes);
  const kernels::ReduceFunction function =
      kernels::FindReduce(context.record().op, context.input(0).dtype);
  if (function == nullptr) {
    return context.Invalid("a type that the reduction is defined for",
                           DTypeName(context.input(0).dtype));
  }
  return MakeRecord([function, plan = std::move(plan)](const RunContext& run) {
    function(plan, run.inputs[0].raw, run.outputs[0].raw, run.pool);
  });
}

Result<std::unique_ptr<BoundRecord>> BindArgReduce(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kS64));
  const Shape& in = context.input(0).shape;
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, AxisOr(context, 0, in.size()));
  PLUMB_ASSIGN_OR_RETURN(const int64_t keep, IntOr(context, "keepdims", 1));
  PLUMB_ASSIGN_OR_RETURN(const int64_t last, IntOr(context, "select_last_index", 0));
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, ReducedShape(in, {axis}, keep != 0)));
  const auto at = static_cast<size_t>(axis);
  const int64_t outer = ProductOf(in, 0, at);
  const int64_t inner = ProductOf(in, at + 1, in.size());
  const int64_t size = in[at];
  if (size == 0 && outer * inner > 0) {
    return context.Invalid("an axis with something to choose from", "0 elements");
  }
  const auto kind =
      context.record().op == "argmax" ? kernels::ArgKind::kMax : kernels::ArgKind::kMin;
  const kernels::ArgFunction function = kernels::FindArg(kind, context.input(0).dtype);
  if (function == nullptr) {
    return context.Invalid("f32, s8, u8, s32 or s64", DTypeName(context.input(0).dtype));
  }
  return MakeRecord([=](const RunContext& run) {
    function(outer, size, inner, last != 0, run.inputs[0].raw,
             static_cast<int64_t*>(run.outputs[0].raw), run.pool);
  });
}

}  // namespace plumb::runtime
