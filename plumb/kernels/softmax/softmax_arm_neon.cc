#include "plumb/kernels/softmax/softmax_loops.h"
#include "plumb/numerics/simd_neon.h"

namespace plumb::kernels {

extern const SoftmaxKernel softmax_f32_neon;
const SoftmaxKernel softmax_f32_neon = {"softmax_f32_neon", Isa::kNeon,
                                        SoftmaxLoops<numerics::neon::F32>::Row,
                                        SoftmaxLoops<numerics::neon::F32>::Columns};

}  // namespace plumb::kernels
