#include "plumb/kernels/elementwise/elementwise_s8_rows.h"

namespace plumb::kernels {

const ElementwiseS8Kernel elementwise_s8_1_scalar = {"elementwise_s8_1_scalar", Isa::kScalar,
                                                     ElementwiseS8Rows<numerics::scalar::F32>};

}  // namespace plumb::kernels
