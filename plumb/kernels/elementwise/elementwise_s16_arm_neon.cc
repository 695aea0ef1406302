#include "plumb/kernels/elementwise/elementwise_s16_rows.h"

namespace plumb::kernels {

const ElementwiseS16Kernel elementwise_s16_4_neon = {"elementwise_s16_4_neon", Isa::kNeon,
                                                     ElementwiseS16Rows<numerics::neon::F32>};

}  // namespace plumb::kernels
