// fully_connected: by the element type of its input.
#include "plumb/runtime/bind_fully_connected.h"

namespace plumb::runtime {

Result<std::unique_ptr<BoundRecord>> BindFullyConnected(const BindContext& context) {
  const DType dtype = context.HasInput(0) ? context.input(0).dtype : DType::kNone;
  return dtype == DType::kS8    ? BindFullyConnectedS8(context)
         : dtype == DType::kS16 ? BindFullyConnectedS16(context)
                                : BindFullyConnectedF32(context);
}

}  // namespace plumb::runtime
