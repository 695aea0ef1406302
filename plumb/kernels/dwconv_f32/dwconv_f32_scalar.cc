#include "plumb/kernels/dwconv_f32/dwconv_f32_run.h"
#include "plumb/numerics/simd_scalar.h"

namespace plumb::kernels {

void dwconv_f32_4x1_scalar(const DwConvF32Run& run) {
  DwConvF32AllPixels<numerics::scalar::F32, 4>(run);
}

}  // namespace plumb::kernels
