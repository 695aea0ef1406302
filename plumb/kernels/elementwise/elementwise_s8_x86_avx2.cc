#include "plumb/kernels/elementwise/elementwise_s8_rows.h"

namespace plumb::kernels {

const ElementwiseS8Kernel elementwise_s8_8_avx2 = {"elementwise_s8_8_avx2", Isa::kAvx2,
                                                   ElementwiseS8Rows<numerics::avx2::F32>};

}  // namespace plumb::kernels
