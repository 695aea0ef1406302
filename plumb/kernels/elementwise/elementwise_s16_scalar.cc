#include "plumb/kernels/elementwise/elementwise_s16_rows.h"

namespace plumb::kernels {

const ElementwiseS16Kernel elementwise_s16_1_scalar = {"elementwise_s16_1_scalar", Isa::kScalar,
                                                       ElementwiseS16Rows<numerics::scalar::F32>};

}  // namespace plumb::kernels
