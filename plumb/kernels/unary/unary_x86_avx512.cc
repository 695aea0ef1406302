#include "plumb/kernels/unary/unary_f32_rows.h"
#include "plumb/numerics/simd_avx512.h"

namespace plumb::kernels {

const UnaryF32* unary_f32_avx512() { return UnaryF32Rows<numerics::avx512::F32>::kRows; }

}  // namespace plumb::kernels
