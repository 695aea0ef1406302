#include "plumb/kernels/unary/unary_f32_rows.h"
#include "plumb/numerics/simd_neon.h"

namespace plumb::kernels {

const UnaryF32* unary_f32_neon() { return UnaryF32Rows<numerics::neon::F32>::kRows; }

}  // namespace plumb::kernels
