#include "plumb/kernels/unary/unary_f32_rows.h"
#include "plumb/numerics/simd_scalar.h"

namespace plumb::kernels {

const UnaryF32* unary_f32_scalar() { return UnaryF32Rows<numerics::scalar::F32>::kRows; }

}  // namespace plumb::kernels
