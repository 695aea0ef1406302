#include "plumb/kernels/quantize/quantize_rows.h"
#include "plumb/kernels/quantize/quantize_s16_rows.h"

namespace plumb::kernels {

using Rows = QuantizeRows<numerics::avx2::F32>;
using Words = QuantizeS16Rows<numerics::avx2::F32>;
const QuantizeKernel quantize_s8_8_avx2 = {"quantize_s8_8_avx2", Isa::kAvx2,       Rows::Quantize,
                                           Rows::Dequantize,     Rows::Interleave, Words::Quantize,
                                           Words::Dequantize};

}  // namespace plumb::kernels
