#include "plumb/kernels/softmax/softmax_loops.h"
#include "plumb/numerics/simd_avx512.h"

namespace plumb::kernels {

extern const SoftmaxKernel softmax_f32_avx512;
const SoftmaxKernel softmax_f32_avx512 = {"softmax_f32_avx512", Isa::kAvx512Vnni,
                                          SoftmaxLoops<numerics::avx512::F32>::Row,
                                          SoftmaxLoops<numerics::avx512::F32>::Columns};

}  // namespace plumb::kernels
