#include "plumb/kernels/softmax/softmax_loops.h"
#include "plumb/numerics/simd_avx2.h"

namespace plumb::kernels {

extern const SoftmaxKernel softmax_f32_avx2;
const SoftmaxKernel softmax_f32_avx2 = {"softmax_f32_avx2", Isa::kAvx2,
                                        SoftmaxLoops<numerics::avx2::F32>::Row,
                                        SoftmaxLoops<numerics::avx2::F32>::Columns};

}  // namespace plumb::kernels
