#include "plumb/kernels/quantize/quantize_rows.h"
#include "plumb/kernels/quantize/quantize_s16_rows.h"

namespace plumb::kernels {

using Rows = QuantizeRows<numerics::avx512::F32>;
using Words = QuantizeS16Rows<numerics::avx512::F32>;
const QuantizeKernel quantize_s8_16_avx512 = {
    "quantize_s8_16_avx512", Isa::kAvx512Vnni, Rows::Quantize,   Rows::Dequantize,
    Rows::Interleave,        Words::Quantize,  Words::Dequantize};

}  // namespace plumb::kernels
