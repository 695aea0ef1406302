#include "plumb/kernels/elementwise/elementwise_s8_rows.h"

namespace plumb::kernels {

const ElementwiseS8Kernel elementwise_s8_16_avx512 = {"elementwise_s8_16_avx512", Isa::kAvx512Vnni,
                                                      ElementwiseS8Rows<numerics::avx512::F32>};

}  // namespace plumb::kernels
