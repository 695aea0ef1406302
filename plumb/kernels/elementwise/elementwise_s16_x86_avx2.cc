#include "plumb/kernels/elementwise/elementwise_s16_rows.h"

namespace plumb::kernels {

const ElementwiseS16Kernel elementwise_s16_8_avx2 = {"elementwise_s16_8_avx2", Isa::kAvx2,
                                                     ElementwiseS16Rows<numerics::avx2::F32>};

}  // namespace plumb::kernels
