#include "plumb/kernels/elementwise/elementwise_s16_rows.h"

namespace plumb::kernels {

const ElementwiseS16Kernel elementwise_s16_16_avx512 = {
    "elementwise_s16_16_avx512", Isa::kAvx512Vnni, ElementwiseS16Rows<numerics::avx512::F32>};

}  // namespace plumb::kernels
