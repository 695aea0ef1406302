#include "plumb/kernels/elementwise/elementwise_s8_rows.h"

namespace plumb::kernels {

const ElementwiseS8Kernel elementwise_s8_4_neon = {"elementwise_s8_4_neon", Isa::kNeon,
                                                   ElementwiseS8Rows<numerics::neon::F32>};

}  // namespace plumb::kernels
