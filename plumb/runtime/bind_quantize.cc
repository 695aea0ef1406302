// quantize: f32 to the output's grid, axes reordered where asked; dequantize: from the input's grid to f32.
#include "plumb/kernels/quantize/quantize.h"
#include "plumb/kernels/transpose/transpose.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {
namespace {

// A grid as the record holds it, for the kernels.
struct HeldGrid {
  Quantization quantization;
  int64_t channels = 1;
  int64_t inner = 1;
  [[nodiscard]] kernels::QuantizeGrid View() const {
    return {channels, inner, quantization.scale.data(), quantization.zero_point.data()};
  }
};

Result<HeldGrid> ReadGrid(const BindContext& context, const artifact::TensorInfo& info) {
  if (!kernels::QuantizesTo(info.dtype) || info.quantization.empty()) {
    return context.Invalid(
        StrCat("tensor '", info.name, "' of s8, u8, s16, u16 or s32 with a grid"),
        StrCat(DTypeName(info.dtype), info.quantization.empty() ? " without one" : ""));
  }
  HeldGrid grid{info.quantization};
  if (info.quantization.per_channel()) {
    const auto axis = static_cast<size_t>(info.quantization.axis);
    grid.channels = info.shape[axis];
    grid.inner = ProductOf(info.shape, axis + 1, info.shape.size());
  }
  return grid;
}

// With `perm`: the axes of the output are those of the input in another order. Planes of a picture
// become pixels in one go; anything else is quantized, then moved.
Result<std::unique_ptr<BoundRecord>> BindTransposedQuantize(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  const Shape& in = context.input(0).shape;
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> perm, PermutationOf(context, in));
  PLUMB_ASSIGN_OR_RETURN(HeldGrid grid, ReadGrid(context, context.output(0)));
  const kernels::QuantizeKernel& kernel = kernels::SelectQuantize(context.isa());
  const bool planes = perm == std::vector<int64_t>{0, 2, 3, 1} && in[1] >= 1 &&
                      in[1] <= kernels::kMostPlanes && grid.channels == 1 &&
                      context.output(0).dtype == DType::kS8;
  if (planes) {
    kernels::QuantizePlanes job{};
    job.plane = in[2] * in[3];
    job.channels = static_cast<int>(in[1]);
    job.scale = grid.quantization.scale[0];
    job.zero_point = grid.quantization.zero_point[0];
    job.n = job.plane;
    return MakeRecord([job, &kernel, batch = in[0]](const RunContext& run) {
      for (int64_t b = 0; b < batch; ++b) {
        kernels::QuantizePlanes picture = job;
        picture.x = run.inputs[0].data<float>() + b * job.plane * job.channels;
        picture.q = run.outputs[0].data<int8_t>() + b * job.plane * job.channels;
        kernels::QuantizeInterleaved(kernel, picture, run.pool);
      }
    });
  }
  if (grid.channels > 1) {  // the same axis as the input has it
    const int64_t axis = perm[static_cast<size_t>(context.output(0).quantization.axis)];
    grid.inner = ProductOf(in, static_cast<size_t>(axis) + 1, in.size());
  }
  const size_t bytes = static_cast<size_t>(NumElements(in)) * DTypeSize(context.output(0).dtype);
  return MakeRecord(
      [grid, &kernel, plan = kernels::MakeTransposePlan(in, perm, ElementSize(context, 0))](
          const RunContext& run) {
        kernels::QuantizeArray(kernel, grid.View(), run.outputs[0].dtype,
                               run.inputs[0].data<float>(), run.scratch.data(),
                               run.inputs[0].size(), run.pool);
        kernels::Transpose(plan, run.scratch.data(), run.outputs[0].raw, run.pool);
      },
      {bytes, 0});
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindQuantize(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(1, 1, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kF32));
  if (context.attributes().Has("perm")) {
    return BindTransposedQuantize(context);
  }
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, context.input(0).shape));
  PLUMB_ASSIGN_OR_RETURN(HeldGrid grid, ReadGrid(context, context.output(0)));
  return MakeRecord([grid,
                     &kernel = kernels::SelectQuantize(context.isa())](const RunContext& run) {
    kernels::QuantizeArray(kernel, grid.View(), run.outputs[0].dtype, run.inputs[0].data<float>(),
                           run.outputs[0].raw, run.inputs[0].size(), run.pool);
  });
}

Result<std::unique_ptr<BoundRecord>> BindDequantize(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(1, 1, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kF32));
  if (!context.HasInput(0)) {
    return context.Invalid("an input", "none");
  }
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, context.input(0).shape));
  PLUMB_ASSIGN_OR_RETURN(HeldGrid grid, ReadGrid(context, context.input(0)));
  return MakeRecord(
      [grid, &kernel = kernels::SelectQuantize(context.isa())](const RunContext& run) {
        kernels::DequantizeArray(kernel, grid.View(), run.inputs[0].dtype, run.inputs[0].raw,
                                 run.outputs[0].data<float>(), run.inputs[0].size(), run.pool);
      });
}

}  // namespace plumb::runtime
