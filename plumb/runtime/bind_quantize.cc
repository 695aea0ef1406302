// quantize: f32 to the output's grid; dequantize: from the input's grid to f32.
#include "plumb/kernels/quantize/quantize.h"
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

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindQuantize(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(1, 1, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kF32));
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
