// table: y = table[x + 128], one table [256], or one for each index of the last axis [C,256].
#include "plumb/kernels/lut/lut.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {

Result<std::unique_ptr<BoundRecord>> BindTable(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(2, 2, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kS8));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(1, DType::kS8));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kS8));
  const Shape& shape = context.input(0).shape;
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, shape));
  const bool per_channel = context.input(1).shape.size() == 2;
  if (per_channel && shape.empty()) {
    return context.Invalid("one table for a scalar", ShapeToString(context.input(1).shape));
  }
  PLUMB_RETURN_IF_ERROR(
      context.RequireConstant(1, DType::kS8, per_channel ? Shape{shape.back(), 256} : Shape{256}));
  const int8_t* table = context.ConstantInput(1).data<int8_t>();
  if (per_channel) {
    const int64_t channels = shape.back();
    return MakeRecord([table, channels](const RunContext& run) {
      const int64_t n = channels == 0 ? 0 : run.inputs[0].size() / channels;
      kernels::LutPerChannel(table, channels, run.inputs[0].data<int8_t>(),
                             run.outputs[0].data<int8_t>(), n, run.pool);
    });
  }
  return MakeRecord([table, &kernel = kernels::SelectLut(context.isa())](const RunContext& run) {
    kernels::Lut(kernel, table, run.inputs[0].data<int8_t>(), run.outputs[0].data<int8_t>(),
                 run.inputs[0].size(), run.pool);
  });
}

}  // namespace plumb::runtime
