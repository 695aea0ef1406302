// max_pool, average_pool.
#include "plumb/runtime/bind_pool.h"

#include "plumb/kernels/pool/max_s8.h"

namespace plumb::runtime {

Result<kernels::PoolShape> PoolShapeOf(const BindContext& context) {
  constexpr int64_t kLargest = int64_t{1} << 20;
  const Shape& in = context.input(0).shape;
  const Shape& out = context.output(0).shape;
  if (in.size() != 4 || out.size() != 4 || in[0] != out[0] || in[3] != out[3]) {
    return context.Invalid("[N, H, W, C] in and out with the same N and C",
                           StrCat(ShapeToString(in), " and ", ShapeToString(out)));
  }
  for (size_t d : {size_t{1}, size_t{2}}) {
    if (in[d] < 1 || out[d] < 1 || in[d] > (int64_t{1} << 31) || out[d] > (int64_t{1} << 31)) {
      return context.Invalid("a picture of at least 1x1",
                             StrCat(ShapeToString(in), " and ", ShapeToString(out)));
    }
  }
  const auto ints = [&](std::string_view name, size_t count, int64_t low,
                        int64_t fallback) -> Result<std::vector<int64_t>> {
    if (!context.attributes().Has(name)) {
      return std::vector<int64_t>(count, fallback);
    }
    return IntsWithin(context, name, count, low, kLargest);
  };
  PLUMB_ASSIGN_OR_RETURN(const auto kernel, IntsWithin(context, "kernel", 2, 1, kLargest));
  PLUMB_ASSIGN_OR_RETURN(const auto strides, ints("strides", 2, 1, 1));
  PLUMB_ASSIGN_OR_RETURN(const auto pads, ints("pads", 4, 0, 0));
  PLUMB_ASSIGN_OR_RETURN(const auto dilations, ints("dilations", 2, 1, 1));
  kernels::PoolShape s;
  s.batch = in[0];
  s.in_h = in[1];
  s.in_w = in[2];
  s.channels = in[3];
  s.out_h = out[1];
  s.out_w = out[2];
  s.kernel_h = kernel[0];
  s.kernel_w = kernel[1];
  s.stride_h = strides[0];
  s.stride_w = strides[1];
  s.pad_top = pads[0];
  s.pad_left = pads[1];
  s.pad_bottom = pads[2];
  s.pad_right = pads[3];
  s.dilation_h = dilations[0];
  s.dilation_w = dilations[1];
  return s;
}

namespace {

template <typename T>
Result<std::unique_ptr<BoundRecord>> MaxPoolRecord(const kernels::PoolShape& shape) {
  return MakeRecord(
      [shape](const RunContext& run) {
        kernels::MaxPool(shape, static_cast<const T*>(run.inputs[0].raw),
                         static_cast<T*>(run.outputs[0].raw), run.scratch.data(), run.pool);
      },
      {0, kernels::MaxPoolScratch(shape, sizeof(T), 1)});
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindMaxPool(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  PLUMB_ASSIGN_OR_RETURN(const auto shape, PoolShapeOf(context));
  switch (context.input(0).dtype) {
    case DType::kF32:
      return MaxPoolRecord<float>(shape);
    case DType::kS8:
      return MakeRecord(
          [shape, &kernel = kernels::SelectMaxS8(context.isa())](const RunContext& run) {
            kernels::MaxS8(kernel, shape, run.inputs[0].data<int8_t>(),
                           run.outputs[0].data<int8_t>(), run.scratch.data(), run.pool);
          },
          {0, kernels::MaxS8Scratch(shape, 1)});
    case DType::kS16:
      return MaxPoolRecord<int16_t>(shape);
    case DType::kU8:
      return MaxPoolRecord<uint8_t>(shape);
    default:
      return context.Invalid("f32, s8, s16 or u8", DTypeName(context.input(0).dtype));
  }
}

Result<std::unique_ptr<BoundRecord>> BindAveragePool(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kF32));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kF32));
  PLUMB_ASSIGN_OR_RETURN(const auto shape, PoolShapeOf(context));
  PLUMB_ASSIGN_OR_RETURN(const int64_t include, IntOr(context, "count_include_pad", 0));
  return MakeRecord([shape, include](const RunContext& run) {
    kernels::AveragePool(shape, include != 0, static_cast<const float*>(run.inputs[0].raw),
                         static_cast<float*>(run.outputs[0].raw), run.pool);
  });
}

}  // namespace plumb::runtime
