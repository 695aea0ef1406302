// conv: by the element type of its input.
#include "plumb/runtime/bind_conv.h"

namespace plumb::runtime {

// Convolutions of 8 bits read and, where they are dense, write some channels of wider tensors.
Placement PlaceConv(const BindContext& context) {
  if (!context.HasInput(0) || !context.HasInput(1) || context.input(0).dtype != DType::kS8 ||
      context.input(0).shape.size() != 4 || context.input(1).shape.size() != 4) {
    return {};
  }
  Placement placement{.pitched_inputs = 1u << 0};
  if (context.input(1).shape[3] == context.input(0).shape[3]) {  // one group
    placement.pitched_inputs |= 1u << 5;
    placement.pitched_output = context.output(0).shape.size() == 4 &&
                               context.output(0).shape[3] == context.input(1).shape[0] &&
                               !context.attributes().Has("output_layout");
  }
  return placement;
}

Result<std::unique_ptr<BoundRecord>> BindConv(const BindContext& context) {
  const DType dtype = context.HasInput(0) ? context.input(0).dtype : DType::kNone;
  return dtype == DType::kS8    ? BindConvS8(context)
         : dtype == DType::kS16 ? BindConvS16(context)
                                : BindConvF32(context);
}

}  // namespace plumb::runtime
