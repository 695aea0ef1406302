#include "plumb/kernels/softmax/softmax_loops.h"
#include "plumb/numerics/simd_scalar.h"

namespace plumb::kernels {

extern const SoftmaxKernel softmax_f32_scalar;
const SoftmaxKernel softmax_f32_scalar = {"softmax_f32_scalar", Isa::kScalar,
                                          SoftmaxLoops<numerics::scalar::F32>::Row,
                                          SoftmaxLoops<numerics::scalar::F32>::Columns};

}  // namespace plumb::kernels
