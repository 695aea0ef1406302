// trilu, reverse_sequence, one_hot, cumsum, topk.
#include "plumb/kernels/copy/arrange.h"
#include "plumb/kernels/reduce/cumulative_sum.h"
#include "plumb/kernels/reduce/top_k.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {
namespace {

kernels::Indices IndicesOf(const ConstTensorView& view) {
  return {view.raw, view.dtype == DType::kS64};
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindTrilu(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  const Shape& shape = context.input(0).shape;
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, shape));
  if (shape.size() < 2) {
    return context.Invalid("matrices", ShapeToString(shape));
  }
  PLUMB_ASSIGN_OR_RETURN(const int64_t k, IntOr(context, "k", 0));
  PLUMB_ASSIGN_OR_RETURN(const int64_t upper, IntOr(context, "upper", 1));
  const size_t rank = shape.size();
  const kernels::TriluPlan plan = {ProductOf(shape, 0, rank - 2),
                                   shape[rank - 2],
                                   shape[rank - 1],
                                   ElementSize(context, 0),
                                   k,
                                   upper != 0};
  return MakeRecord([plan](const RunContext& run) {
    kernels::Trilu(plan, run.inputs[0].raw, run.outputs[0].raw, run.pool);
  });
}

Result<std::unique_ptr<BoundRecord>> BindReverseSequence(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 2, 2, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  PLUMB_RETURN_IF_ERROR(RequireIndexInput(context, 1));
  const Shape& shape = context.input(0).shape;
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, shape));
  PLUMB_ASSIGN_OR_RETURN(const int64_t batch, IntOr(context, "batch_axis", 1));
  PLUMB_ASSIGN_OR_RETURN(const int64_t time, IntOr(context, "time_axis", 0));
  if (shape.size() < 2 || !((batch == 0 && time == 1) || (batch == 1 && time == 0))) {
    return context.Invalid(
        "batch and time as the first two axes",
        StrCat("batch axis ", batch, ", time axis ", time, " of ", ShapeToString(shape)));
  }
  kernels::ReverseSequencePlan plan;
  plan.time = shape[static_cast<size_t>(time)];
  plan.batch = shape[static_cast<size_t>(batch)];
  plan.time_step = time == 0 ? shape[1] : 1;
  plan.batch_step = time == 0 ? 1 : shape[1];
  plan.block_bytes = ProductOf(shape, 2, shape.size()) * ElementSize(context, 0);
  PLUMB_RETURN_IF_ERROR(RequireInputShape(context, 1, {plan.batch}));
  return MakeRecord([plan](const RunContext& run) {
    kernels::ReverseSequence(plan, run.inputs[0].raw, IndicesOf(run.inputs[1]), run.outputs[0].raw,
                             run.pool);
  });
}

// indices, depth (its value is the output's shape by now), values [off, on].
Result<std::unique_ptr<BoundRecord>> BindOneHot(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 3, 3, 1));
  PLUMB_RETURN_IF_ERROR(RequireIndexInput(context, 0));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 2));
  PLUMB_RETURN_IF_ERROR(RequireInputShape(context, 2, {2}));
  const Shape& out = context.output(0).shape;
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, AxisOr(context, -1, out.size()));
  Shape expected = out;
  expected.erase(expected.begin() + axis);
  PLUMB_RETURN_IF_ERROR(RequireInputShape(context, 0, expected));
  const auto at = static_cast<size_t>(axis);
  const kernels::OneHotPlan plan = {ProductOf(out, 0, at), out[at],
                                    ProductOf(out, at + 1, out.size()), ElementSize(context, 0)};
  return MakeRecord([plan](const RunContext& run) {
    kernels::OneHot(plan, IndicesOf(run.inputs[0]), run.inputs[2].raw, run.outputs[0].raw,
                    run.pool);
  });
}

Result<std::unique_ptr<BoundRecord>> BindCumulativeSum(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  const Shape& shape = context.input(0).shape;
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, shape));
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, AxisOr(context, 0, shape.size()));
  PLUMB_ASSIGN_OR_RETURN(const int64_t exclusive, IntOr(context, "exclusive", 0));
  PLUMB_ASSIGN_OR_RETURN(const int64_t reverse, IntOr(context, "reverse", 0));
  const auto function = kernels::FindCumulativeSum(context.input(0).dtype);
  if (function == nullptr) {
    return context.Invalid("f32 or an integer type", DTypeName(context.input(0).dtype));
  }
  const auto at = static_cast<size_t>(axis);
  const kernels::CumulativeSumPlan plan = {ProductOf(shape, 0, at), shape[at],
                                           ProductOf(shape, at + 1, shape.size()), exclusive != 0,
                                           reverse != 0};
  return MakeRecord([plan, function](const RunContext& run) {
    function(plan, run.inputs[0].raw, run.outputs[0].raw, run.pool);
  });
}

Result<std::unique_ptr<BoundRecord>> BindTopK(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 2));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  const Shape& in = context.input(0).shape;
  const Shape& out = context.output(0).shape;
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, AxisOr(context, -1, in.size()));
  const auto at = static_cast<size_t>(axis);
  PLUMB_RETURN_IF_ERROR(
      context.RequireOutput(0, context.input(0).dtype, static_cast<int>(in.size())));
  Shape expected = in;
  expected[at] = std::min(out[at], in[at]);
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, expected));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(1, DType::kS64));
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(1, expected));
  PLUMB_ASSIGN_OR_RETURN(const int64_t largest, IntOr(context, "largest", 1));
  const auto function = kernels::FindTopK(context.input(0).dtype);
  if (function == nullptr) {
    return context.Invalid("f32 or an integer type", DTypeName(context.input(0).dtype));
  }
  const kernels::TopKPlan plan = {ProductOf(in, 0, at), in[at], ProductOf(in, at + 1, in.size()),
                                  out[at], largest != 0};
  return MakeRecord(
      [plan, function](const RunContext& run) {
        function(plan, run.inputs[0].raw, run.outputs[0].raw,
                 static_cast<int64_t*>(run.outputs[1].raw), run.scratch.data(), run.pool);
      },
      {0, kernels::TopKScratch(plan)});
}

}  // namespace plumb::runtime
