// conv: by the element type of its input.
#include "plumb/runtime/bind_conv.h"

namespace plumb::runtime {

Result<std::unique_ptr<BoundRecord>> BindConv(const BindContext& context) {
  const DType dtype = context.HasInput(0) ? context.input(0).dtype : DType::kNone;
  return dtype == DType::kS8    ? BindConvS8(context)
         : dtype == DType::kS16 ? BindConvS16(context)
                                : BindConvF32(context);
}

}  // namespace plumb::runtime
