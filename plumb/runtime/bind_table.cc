// table: y = table[x + 128], one table [256], or one for each index of the last axis [C,256].
#include <algorithm>
#include <functional>

#include "plumb/kernels/lut/lut.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {
namespace {

constexpr int64_t kBytesPerPart = 16384;  // for a thread, at least

}  // namespace

Placement PlaceTable(const BindContext& context) {
  const bool one_table = context.HasInput(1) && context.input(1).shape.size() == 1;
  return {.pitched_inputs = one_table ? 1u : 0u, .pitched_output = one_table};
}

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
  const kernels::LutKernel& kernel = kernels::SelectLut(context.isa());
  const int64_t row = shape.empty() ? 1 : shape.back();
  const int64_t x_pitch = context.input_pitch(0), y_pitch = context.output_pitch(0);
  if (row > 0 && (x_pitch != row || y_pitch != row)) {
    const int64_t count = NumElements(shape) / row;
    return MakeRecord([=, &kernel](const RunContext& run) {
      const auto* x = run.inputs[0].data<int8_t>();
      auto* y = run.outputs[0].data<int8_t>();
      const auto rows = [&](int64_t begin, int64_t end, int) {
        for (int64_t i = begin; i < end; ++i) {
          kernel.run(table, x + i * x_pitch, y + i * y_pitch, row);
        }
      };
      run.pool.ParallelFor(count, std::max<int64_t>(1, kBytesPerPart / row), std::cref(rows));
    });
  }
  return MakeRecord([table, &kernel](const RunContext& run) {
    kernels::Lut(kernel, table, run.inputs[0].data<int8_t>(), run.outputs[0].data<int8_t>(),
                 run.inputs[0].size(), run.pool);
  });
}

}  // namespace plumb::runtime
