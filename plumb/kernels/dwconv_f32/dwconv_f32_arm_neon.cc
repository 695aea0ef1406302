#include "plumb/kernels/dwconv_f32/dwconv_f32_run.h"
#include "plumb/numerics/simd_neon.h"

namespace plumb::kernels {

void dwconv_f32_8x4_neon(const DwConvF32Run& run) {
  DwConvF32AllPixels<numerics::neon::F32, 8>(run);
}

}  // namespace plumb::kernels
