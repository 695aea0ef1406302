#include "plumb/kernels/quantize/quantize_rows.h"
#include "plumb/kernels/quantize/quantize_s16_rows.h"

namespace plumb::kernels {

using Rows = QuantizeRows<numerics::neon::F32>;
using Words = QuantizeS16Rows<numerics::neon::F32>;
const QuantizeKernel quantize_s8_4_neon = {"quantize_s8_4_neon", Isa::kNeon,       Rows::Quantize,
                                           Rows::Dequantize,     Rows::Interleave, Words::Quantize,
                                           Words::Dequantize};

}  // namespace plumb::kernels
