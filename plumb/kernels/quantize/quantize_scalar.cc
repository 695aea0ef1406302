#include "plumb/kernels/quantize/quantize_rows.h"
#include "plumb/kernels/quantize/quantize_s16_rows.h"

namespace plumb::kernels {

using Rows = QuantizeRows<numerics::scalar::F32>;
using Words = QuantizeS16Rows<numerics::scalar::F32>;
const QuantizeKernel quantize_s8_1_scalar = {
    "quantize_s8_1_scalar", Isa::kScalar,    Rows::Quantize,   Rows::Dequantize,
    Rows::Interleave,       Words::Quantize, Words::Dequantize};

}  // namespace plumb::kernels
