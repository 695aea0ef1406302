// reduce_sum, reduce_mean, ... (reduce_ops.inc), argmax, argmin.
#include <algorithm>

#include "plumb/kernels/reduce/mean_s8.h"
#include "plumb/runtime/bind_reduce.h"

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

// The mean of integers on a grid, to a grid.
Result<std::unique_ptr<BoundRecord>> MeanS8Record(const BindContext& context,
                                                  kernels::ReducePlan plan) {
  const Quantization& x = context.input(0).quantization;
  const Quantization& y = context.output(0).quantization;
  if (x.empty() || y.empty() || x.per_channel() || y.per_channel()) {
    return context.Invalid("one scale and zero point each in and out", "another grid");
  }
  PLUMB_ASSIGN_OR_RETURN(const int64_t lo, IntOr(context, "clamp_lo", -128));
  PLUMB_ASSIGN_OR_RETURN(const int64_t hi, IntOr(context, "clamp_hi", 127));
  if (lo < -128 || hi > 127 || lo > hi) {
    return context.Invalid("clamp_lo <= clamp_hi within -128..127", StrCat(lo, "..", hi));
  }
  const float multiplier = x.scale[0] / y.scale[0];
  if (!(multiplier <= 0x1p60f)) {  // so that no product is infinite or NaN
    return context.Invalid("scales whose ratio is at most 2^60", StrCat(multiplier));
  }
  const kernels::MeanS8 rule = {x.zero_point[0], multiplier, static_cast<int32_t>(lo),
                                static_cast<int32_t>(hi), y.zero_point[0]};
  return MakeRecord([plan = std::move(plan), rule](const RunContext& run) {
    kernels::ReduceMeanS8(plan, rule, static_cast<const int8_t*>(run.inputs[0].raw),
                          static_cast<int8_t*>(run.outputs[0].raw), run.pool);
  });
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindReduce(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, context.output(0).dtype));
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
  if (context.record().op == "reduce_mean" && context.input(0).dtype == DType::kS8) {
    return MeanS8Record(context, std::move(plan));
  }
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
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
