#include "plumb/kernels/unary/unary_f32_rows.h"
#include "plumb/numerics/simd_avx2.h"

namespace plumb::kernels {

const UnaryF32* unary_f32_avx2() { return UnaryF32Rows<numerics::avx2::F32>::kRows; }

}  // namespace plumb::kernels
