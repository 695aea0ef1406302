// conv: by the element type of its input.
#include "plumb/runtime/bind_conv.h"

namespace plumb::runtime {

Result<std::unique_ptr<BoundRecord>> BindConv(const BindContext& context) {
  const bool s8 = context.HasInput(0) && context.input(0).dtype == DType::kS8;
  return s8 ? BindConvS8(context) : BindConvF32(context);
}

}  // namespace plumb::runtime
