// gather, gather_elements, gather_nd, scatter_elements, scatter_nd: elements moved by index
// tensors.
#include "plumb/kernels/copy/gather.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {
namespace {

kernels::Indices IndicesOf(const ConstTensorView& view) {
  return {view.raw, view.dtype == DType::kS64};
}

constexpr const char* kReductions[] = {"none", "add", "mul", "min", "max"};

Result<kernels::ScatterCombine> CombineOf(const BindContext& context) {
  PLUMB_ASSIGN_OR_RETURN(
      const size_t choice,
      ChoiceOr(context, "reduction", "none", {std::begin(kReductions), std::end(kReductions)}));
  const auto combine = kernels::FindScatterCombine(static_cast<kernels::ScatterReduction>(choice),
                                                   context.output(0).dtype);
  if (combine == nullptr) {
    return context.Invalid("a type that the reduction is defined for",
                           DTypeName(context.output(0).dtype));
  }
  return combine;
}

// Walks `indices` over `data` with the axis left out. Checks that the other dimensions fit.
Result<kernels::GatherElementsPlan> ElementsPlan(const BindContext& context, const Shape& data,
                                                 const Shape& indices) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, AxisOr(context, 0, data.size()));
  kernels::GatherElementsPlan plan;
  const auto dense = kernels::DenseStrides(indices);
  const auto strides = kernels::DenseStrides(data);
  for (size_t d = 0; d < data.size(); ++d) {
    const bool on_axis = d == static_cast<size_t>(axis);
    if (indices.size() != data.size() || (!on_axis && indices[d] > data[d])) {
      return context.Invalid(StrCat("indices that fit into ", ShapeToString(data)),
                             ShapeToString(indices));
    }
    plan.nest.Add(indices[d], {dense[d], on_axis ? 0 : strides[d]});
  }
  plan.nest.Finish();
  plan.axis_size = data[static_cast<size_t>(axis)];
  plan.axis_stride = strides[static_cast<size_t>(axis)];
  plan.element_size = ElementSize(context, 0);
  return plan;
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindGather(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 2, 2, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  PLUMB_RETURN_IF_ERROR(RequireIndexInput(context, 1));
  const Shape& data = context.input(0).shape;
  const Shape& indices = context.input(1).shape;
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, AxisOr(context, 0, data.size()));
  const auto at = static_cast<size_t>(axis);
  Shape expected(data.begin(), data.begin() + axis);
  expected.insert(expected.end(), indices.begin(), indices.end());
  expected.insert(expected.end(), data.begin() + axis + 1, data.end());
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, expected));
  const kernels::GatherPlan plan = {ProductOf(data, 0, at), data[at], NumElements(indices),
                                    ProductOf(data, at + 1, data.size()) * ElementSize(context, 0)};
  return MakeRecord([plan](const RunContext& run) {
    kernels::Gather(plan, run.inputs[0].raw, IndicesOf(run.inputs[1]), run.outputs[0].raw,
                    run.pool);
  });
}

Result<std::unique_ptr<BoundRecord>> BindGatherElements(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 2, 2, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  PLUMB_RETURN_IF_ERROR(RequireIndexInput(context, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, context.input(1).shape));
  PLUMB_ASSIGN_OR_RETURN(const auto plan,
                         ElementsPlan(context, context.input(0).shape, context.input(1).shape));
  return MakeRecord([plan](const RunContext& run) {
    kernels::GatherElements(plan, run.inputs[0].raw, IndicesOf(run.inputs[1]), run.outputs[0].raw,
                            run.pool);
  });
}

Result<std::unique_ptr<BoundRecord>> BindScatterElements(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 3, 3, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 2));
  PLUMB_RETURN_IF_ERROR(RequireIndexInput(context, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, context.input(0).shape));
  PLUMB_RETURN_IF_ERROR(RequireInputShape(context, 2, context.input(1).shape));
  kernels::ScatterElementsPlan plan;
  PLUMB_ASSIGN_OR_RETURN(plan.walk,
                         ElementsPlan(context, context.input(0).shape, context.input(1).shape));
  PLUMB_ASSIGN_OR_RETURN(plan.combine, CombineOf(context));
  plan.data_bytes = NumElements(context.output(0).shape) * ElementSize(context, 0);
  return MakeRecord([plan](const RunContext& run) {
    kernels::ScatterElements(plan, run.inputs[0].raw, IndicesOf(run.inputs[1]), run.inputs[2].raw,
                             run.outputs[0].raw);
  });
}

namespace {

// indices [..., depth]: the last dimension indexes dimensions batch_dims.. of the data.
Result<kernels::GatherNdPlan> NdPlan(const BindContext& context, int64_t batch_dims,
                                     Shape& result) {
  const Shape& data = context.input(0).shape;
  const Shape& indices = context.input(1).shape;
  const auto batch = static_cast<size_t>(batch_dims);
  if (indices.empty() || batch_dims < 0 || batch >= indices.size() || batch > data.size() ||
      indices.back() < 0 || indices.back() > static_cast<int64_t>(data.size() - batch) ||
      !std::equal(data.begin(), data.begin() + batch_dims, indices.begin())) {
    return context.Invalid(
        StrCat("indices into ", ShapeToString(data), " with ", batch_dims, " batch dimensions"),
        ShapeToString(indices));
  }
  kernels::GatherNdPlan plan;
  plan.element_size = ElementSize(context, 0);
  plan.depth = static_cast<int>(indices.back());
  plan.batches = ProductOf(data, 0, batch);
  plan.tuples = ProductOf(indices, batch, indices.size() - 1);
  const size_t inner = batch + static_cast<size_t>(plan.depth);
  for (size_t d = batch; d < inner; ++d) {
    plan.dims[d - batch] = data[d];
  }
  plan.block_elements = ProductOf(data, inner, data.size());
  result.assign(indices.begin(), indices.end() - 1);
  result.insert(result.end(), data.begin() + static_cast<int64_t>(inner), data.end());
  return plan;
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindGatherNd(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 2, 2, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  PLUMB_RETURN_IF_ERROR(RequireIndexInput(context, 1));
  PLUMB_ASSIGN_OR_RETURN(const int64_t batch_dims, IntOr(context, "batch_dims", 0));
  Shape expected;
  PLUMB_ASSIGN_OR_RETURN(const auto plan, NdPlan(context, batch_dims, expected));
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, expected));
  return MakeRecord([plan](const RunContext& run) {
    kernels::GatherNd(plan, run.inputs[0].raw, IndicesOf(run.inputs[1]), run.outputs[0].raw,
                      run.pool);
  });
}

Result<std::unique_ptr<BoundRecord>> BindScatterNd(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 3, 3, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 2));
  PLUMB_RETURN_IF_ERROR(RequireIndexInput(context, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, context.input(0).shape));
  Shape updates;
  PLUMB_ASSIGN_OR_RETURN(const auto plan, NdPlan(context, 0, updates));
  PLUMB_RETURN_IF_ERROR(RequireInputShape(context, 2, updates));
  PLUMB_ASSIGN_OR_RETURN(const auto combine, CombineOf(context));
  return MakeRecord([plan, combine](const RunContext& run) {
    kernels::ScatterNd(plan, combine, run.inputs[0].raw, IndicesOf(run.inputs[1]),
                       run.inputs[2].raw, run.outputs[0].raw);
  });
}

}  // namespace plumb::runtime
