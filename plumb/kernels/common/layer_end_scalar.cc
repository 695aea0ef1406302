#include "plumb/kernels/common/layer_end_rows.h"

namespace plumb::kernels {

using Rows = LayerEndRows<numerics::scalar::F32>;
const EndKernel layer_end_1_scalar = {
    "layer_end_1_scalar", Isa::kScalar, Rows::Requantize, Rows::Scale,
    Rows::Quantize,       Rows::Add,    nullptr};

}  // namespace plumb::kernels
